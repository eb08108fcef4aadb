import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const SOURCES = join(import.meta.dirname, '../programs')
/** This folder is not in node_modules, where Next compiles no JSX. */
const CACHE = join(import.meta.dirname, '../../.apps')

/**
 * Returns the folder of an installed and built program. Installs and builds the program if necessary, and throws if
 * that fails.
 */
export function installed(name: string): string {
  const source = join(SOURCES, name)
  const folder = join(CACHE, name)
  const mark = join(folder, '.installed')
  const hash = hashOf(source)
  if (existsSync(mark) && readFileSync(mark, 'utf8') === hash) return folder
  console.log(`installing ${name}`)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  cpSync(source, folder, { recursive: true })
  npm(folder, 'install', '--no-audit', '--no-fund', '--no-package-lock', '--loglevel=error')
  npm(folder, 'run', 'build', '--if-present')
  writeFileSync(mark, hash)
  return folder
}

/** Returns the version that a program's package.json pins. */
export function pinned(name: string, packageName: string): string {
  const { dependencies } = JSON.parse(readFileSync(join(SOURCES, name, 'package.json'), 'utf8'))
  return String(dependencies[packageName])
}

function npm(cwd: string, ...args: readonly string[]): void {
  // Removes pnpm's variables for scripts, which are not meant for npm.
  const own = Object.entries(process.env).filter(([name]) => !/^(npm_|pnpm_)/i.test(name))
  const env = { ...Object.fromEntries(own), NEXT_TELEMETRY_DISABLED: '1' }
  const shell = process.platform === 'win32'
  const { status, stdout, stderr } = spawnSync('npm', args, { cwd, env, encoding: 'utf8', shell, timeout: 600_000 })
  if (status !== 0) throw new Error(`npm ${args[0]} failed: ${stdout.slice(-2000)}${stderr.slice(-2000)}`)
}

function hashOf(folder: string): string {
  const hash = createHash('sha256')
  for (const path of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()) {
    const file = join(folder, path)
    if (statSync(file).isFile()) hash.update(path).update(readFileSync(file))
  }
  return hash.digest('hex')
}
