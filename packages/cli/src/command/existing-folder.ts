import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { CommandError } from './command-error.ts'

/** The absolute path of a folder. @throws CommandError where there is none */
export function existingFolder(option: string, folder: string): string {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return resolve(folder)
  throw new CommandError(1, `${option} is '${folder}', which is no folder`)
}
