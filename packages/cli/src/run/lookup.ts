import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, join, resolve } from 'node:path'

/**
 * Finds a program as a shell would: in PATH, or by its path.
 *
 * @throws Error with the code `ENOENT` (there is none) or `EACCES` (it is not executable), and a sentence
 */
export function findProgram(file: string, path: string | undefined, cwd: string): string {
  const isPath = file.includes('/') || (process.platform === 'win32' && file.includes('\\'))
  const candidates = isPath ? [resolve(cwd, file)] : (path ?? '').split(delimiter).map((dir) => join(dir || '.', file))
  let found: string | undefined
  for (const candidate of candidates.flatMap(withExtensions)) {
    if (!isFile(candidate)) continue
    found ??= candidate
    if (isExecutable(candidate)) return candidate
  }
  if (found !== undefined)
    throw fault('EACCES', `${found} is not executable; make it so (chmod +x), or start what runs it`)
  throw fault('ENOENT', isPath ? `There is no file ${file}` : `There is no command ${file} in PATH`)
}

/** On Windows a program may be named without its extension. */
function withExtensions(file: string): string[] {
  if (process.platform !== 'win32') return [file]
  return ['', ...(process.env['PATHEXT'] ?? '.EXE;.CMD;.BAT').split(';')].map((extension) => file + extension)
}

function isFile(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false })?.isFile() === true
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

function fault(code: 'ENOENT' | 'EACCES', message: string): Error {
  return Object.assign(new Error(message), { code })
}
