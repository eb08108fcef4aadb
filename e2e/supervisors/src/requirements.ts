import { spawnSync } from 'node:child_process'

/** Returns the reason why a process cannot have its own namespaces here, or `undefined` if it can. */
export function missingForNamespaces(): string | undefined {
  if (process.platform !== 'linux') return `needs Linux, and this is ${process.platform}`
  if (process.getuid?.() !== 0) return 'needs root, for namespaces of its own'
  const { status, error, stderr } = spawnSync('unshare', ['--pid', '--fork', '--mount', 'true'], { encoding: 'utf8' })
  return status === 0 ? undefined : `no namespaces here: ${error?.message ?? stderr.trim()}`
}
