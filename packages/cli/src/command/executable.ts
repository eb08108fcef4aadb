import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, isAbsolute, join, resolve } from 'node:path'
import { CommandError } from './command-error.ts'

/**
 * The absolute path of a command, which is looked up in PATH where it has no slash. Links are not followed: what they lead to
 * may change with the next release.
 *
 * @throws CommandError where there is none, or none that may be executed
 */
export function executable(command: string, cwd: string, path: string = process.env['PATH'] ?? ''): string {
  const candidates = command.includes('/')
    ? [resolve(cwd, command)]
    : path
        .split(delimiter)
        .filter(isAbsolute)
        .map((folder) => join(folder, command))
  const files = candidates.filter((file) => statSync(file, { throwIfNoEntry: false })?.isFile())
  const found = files.find(mayExecute)
  if (found !== undefined) return found
  if (files[0] !== undefined) throw new CommandError(1, `${files[0]} may not be executed`)
  throw new CommandError(1, `command not found: ${command}`)
}

function mayExecute(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
