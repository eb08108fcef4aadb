import { accessSync, constants, statSync } from 'node:fs'
import { basename, delimiter, join, resolve } from 'node:path'

/**
 * The options of node that take the next word as a value. After an unknown option, the next word may be its value or
 * the script.
 */
const WITH_VALUE = new Set(['-r', '--require', '--import', '-C', '--conditions'])
/** The endings that node adds to the name of a script, before it looks into a folder of that name. */
const ADDED = ['', '.js', '.json', '.node']

/**
 * Finds a program as a shell would: in PATH, or by its path.
 *
 * @throws Error with a sentence and the code `ENOENT` (no such program) or `EACCES` (it is not executable)
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
    throw fault(
      'EACCES',
      `${found} is not executable. Make it executable (chmod +x), or start the program that runs it`,
    )
  throw fault('ENOENT', isPath ? `There is no file ${file}` : `There is no command ${file} in PATH`)
}

/**
 * Returns the script of a command `node SCRIPT` if the script does not exist. Returns `undefined` if it exists, if the
 * command is another, or if it is uncertain which word is the script.
 */
export function missingScript([program, ...args]: readonly [string, ...string[]], cwd: string): string | undefined {
  if (!isNode(program)) return undefined
  for (let index = 0; index < args.length; index++) {
    const word = args[index] ?? ''
    if (WITH_VALUE.has(word)) index++
    else if (!word.startsWith('-')) return word === 'inspect' || exists(resolve(cwd, word)) ? undefined : word
    else if (!/^--[\w-]+=/.test(word)) return undefined
  }
  return undefined
}

/** Reports whether a program is node itself, by its name. */
export function isNode(program: string): boolean {
  return /^node(\.exe)?$/i.test(basename(program))
}

function exists(script: string): boolean {
  return ADDED.some((added) => statSync(script + added, { throwIfNoEntry: false }) !== undefined)
}

/** Adds the extensions without which a program may be named on Windows. */
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
