import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { CommandError } from './command-error.ts'

/**
 * Returns the absolute path of a folder.
 *
 * @throws CommandError if the folder does not exist, or if its name is not UTF-8, which Node would change
 */
export function existingDirectory(option: string, folder: string): string {
  const path = resolve(folder)
  for (const each of [folder, path]) {
    if (statSync(each, { throwIfNoEntry: false })?.isDirectory()) continue
    throw new CommandError(1, `"${option}" must be an existing folder. Received '${each}'`)
  }
  return path
}
