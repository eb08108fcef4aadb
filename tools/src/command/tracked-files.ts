import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { InputError } from './input-error.ts'

/**
 * Returns the files of the repository in these files and folders, or all. Includes new files that git does not ignore.
 *
 * @throws InputError `TOOLS_FILE_MISSING` for a path without files
 */
export function trackedFiles(paths: readonly string[]): string[] {
  for (const path of paths) {
    if (list([path]).length > 0) continue
    const accepted = 'The path must be a file of the repository, or a folder with one'
    throw new InputError('TOOLS_FILE_MISSING', `${accepted}. Received '${path}'`)
  }
  return list(paths)
}

function list(paths: readonly string[]): string[] {
  const args = ['ls-files', '--cached', '--others', '--exclude-standard', '--', ...paths]
  return execFileSync('git', args, { encoding: 'utf8', maxBuffer: 2 ** 26 })
    .split('\n')
    .filter((file) => file !== '' && existsSync(file))
}
