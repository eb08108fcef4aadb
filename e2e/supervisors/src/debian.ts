import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { HERE } from './temp-folder.ts'

/** Says how a missing program is installed. */
export const INSTALLATION = 'pnpm supervisors, as root on Debian'

const FOLDER = join(HERE, '.debian')

/**
 * Returns a program of a Debian package that `pnpm supervisors` has unpacked, or `undefined` if it is missing.
 */
export function unpacked(path: string): string | undefined {
  const file = join(FOLDER, path)
  return existsSync(file) ? file : undefined
}

/** Returns a command that uses the libraries unpacked beside it. */
export function withLibraries(command: readonly string[]): string[] {
  const arch = { x64: 'x86_64', arm64: 'aarch64' }[process.arch as string] ?? process.arch
  return ['env', `LD_LIBRARY_PATH=${join(FOLDER, `usr/lib/${arch}-linux-gnu`)}`, ...command]
}

/** Returns the reason why a program cannot be run, or `undefined` if it can. */
export function missingPackage(name: string, path: string): string | undefined {
  return unpacked(path) === undefined ? `${name} is not installed: ${INSTALLATION}` : undefined
}
