import { type BigIntStats, lstatSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { claimMark, type SupervisorInfo } from '../../protocol/supervisor-info.ts'
import { LONGEST_PATH } from './socket-path.ts'

/** The longest name (bytes) of a socket in the folder: a process id, a number, and a slash. */
const LONGEST_NAME = 24

/**
 * Thrown if private sockets can be bound in no folder. The message names each folder that was tried, and the reason.
 */
export class NoPrivateFolderError extends Error {
  constructor(reasons: readonly string[]) {
    super(`no folder for private sockets: ${reasons.join('; ')}. Set TMPDIR to a folder that can be written`)
    this.name = 'NoPrivateFolderError'
  }
}

/** A folder for the sockets between a supervisor and its command. Only the supervisor's user can enter it. */
export class PrivateFolder {
  readonly path: string
  readonly #made: BigIntStats

  /** Creates a folder with a new name. @throws the system's error */
  static in(parent: string): PrivateFolder {
    return new PrivateFolder(mkdtempSync(join(parent, 'idle-shutdown-')))
  }

  private constructor(path: string) {
    this.path = path
    this.#made = lstatSync(path, { bigint: true })
  }

  /** Reports whether the folder that was created still exists, and is closed to other users. */
  get isIntact(): boolean {
    try {
      const now = lstatSync(this.path, { bigint: true })
      const { dev, ino, uid } = this.#made
      const closed = process.platform === 'win32' || (now.mode & 0o077n) === 0n
      return now.isDirectory() && closed && now.dev === dev && now.ino === ino && now.uid === uid
    } catch {
      return false
    }
  }

  /**
   * Returns this folder if it is intact, or creates one of the same name. @throws the system's error, also if another
   * has the name
   */
  again(): PrivateFolder {
    if (this.isIntact) return this
    mkdirSync(this.path, { mode: 0o700 })
    return new PrivateFolder(this.path)
  }

  /** Removes the folder and its content, unless another folder has its name. Never throws. */
  remove(): void {
    if (this.isIntact) attempt(() => rmSync(this.path, { recursive: true, force: true }))
  }
}

/**
 * Calls `open` with a new private folder in each possible parent, until one call resolves.
 *
 * @throws NoPrivateFolderError if none does
 */
export async function inPrivateFolder<T>(open: (folder: PrivateFolder) => Promise<T>): Promise<T> {
  const reasons: string[] = []
  for (const parent of parents()) {
    if (
      process.platform !== 'win32' &&
      Buffer.byteLength(join(parent, 'idle-shutdown-xxxxxx')) + LONGEST_NAME > LONGEST_PATH
    ) {
      reasons.push(`${parent} has a name that is too long for unix sockets in it`)
      continue
    }
    let folder: PrivateFolder | undefined
    try {
      folder = PrivateFolder.in(parent)
      return await open(folder)
    } catch (error) {
      folder?.remove()
      reasons.push(error instanceof Error ? error.message : String(error))
    }
  }
  throw new NoPrivateFolderError(reasons)
}

/**
 * Marks an address as served, for programs that check whether their port is free. Without the mark the port seems free
 * to them.
 */
export function mark(held: SupervisorInfo, listen: number): void {
  attempt(() => writeFileSync(claimMark(held, listen), ''))
}

/** Undoes {@link mark}. */
export function unmark(held: SupervisorInfo, listen: number): void {
  attempt(() => rmSync(claimMark(held, listen), { force: true }))
}

function parents(): readonly string[] {
  if (process.platform === 'win32') return [tmpdir()]
  // The command may run in another working directory.
  const named = [tmpdir(), process.env['XDG_RUNTIME_DIR'] ?? '', '/tmp'].filter((parent) => parent !== '')
  return [...new Set(named.map((parent) => resolve(parent)))]
}

/** Ignores errors: a full or read-only disk, or a swept folder, must not end the supervisor. */
function attempt(action: () => void): void {
  try {
    action()
  } catch {
    // The command is served the same with and without the file.
  }
}
