import { execFile } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Packed } from './packed.ts'

const run = promisify(execFile)

/** Installs `dependencies` and all of `packed` with npm into a new folder, as a user would. Prefers npm's cache. */
export async function install(
  folder: string,
  packed: readonly Packed[],
  dependencies: Readonly<Record<string, string>>,
  options: readonly string[] = [],
): Promise<void> {
  mkdirSync(folder, { recursive: true })
  const own = Object.fromEntries(packed.map(({ name, tarball }) => [name, `file:${tarball}`]))
  const manifest = { private: true, type: 'module', dependencies: { ...dependencies, ...own } }
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest, null, 2))
  const quiet = [
    '--no-audit',
    '--no-fund',
    '--no-update-notifier',
    '--ignore-scripts',
    '--loglevel=error',
    '--prefer-offline',
  ]
  // pnpm passes its settings to child processes, and npm would warn about them.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(npm|pnpm)_config_/i.test(name)))
  await run('npm', ['install', ...quiet, ...options], { cwd: folder, env, shell: process.platform === 'win32' })
}

/**
 * Installs the packages without the dependencies of a user's own package.json. Returns the names of all installed
 * packages.
 */
export async function installAlone(folder: string, packed: readonly Packed[]): Promise<string[]> {
  await install(folder, packed, {}, ['--legacy-peer-deps'])
  const names = Object.keys(JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8')).packages)
  // Skips the first entry, which is the folder itself. A package that is installed twice counts twice.
  return names.filter((path) => path !== '').map((path) => path.replace(/^node_modules\//, ''))
}
