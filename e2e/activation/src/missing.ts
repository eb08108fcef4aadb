import { spawnSync } from 'node:child_process'

/** Why a process cannot have namespaces of its own here; `undefined` where it can. */
export function missingForNamespaces(): string | undefined {
  if (process.platform !== 'linux') return `needs Linux, and this is ${process.platform}`
  if (process.getuid?.() !== 0) return 'needs root, for namespaces of its own'
  const { status, error, stderr } = spawnSync('unshare', ['--pid', '--fork', '--mount', 'true'], { encoding: 'utf8' })
  return status === 0 ? undefined : `no namespaces here: ${error?.message ?? stderr.trim()}`
}
