import { once } from 'node:events'
import { type BigIntStats, linkSync, lstatSync, renameSync, unlinkSync } from 'node:fs'
import { connect, type Server } from 'node:net'
import { dirname, join } from 'node:path'
import type { ListenAddress } from '../../listen-address.ts'

/** The longest path (bytes) of a unix socket. Node 20 binds a longer path under a truncated name. */
export const LONGEST_PATH: number = process.platform === 'linux' ? 107 : 103

/** The address at which a server listens. */
export interface BoundAddress {
  /** Reports whether clients still find the server. A unix path can be removed, or become another file. */
  readonly isIntact: boolean
  /** Accepts nothing more. Removes a unix path if it is still the socket of this server. */
  stop(): void
}

/**
 * Listens at `address`. The server may listen only once.
 *
 * Replaces a unix socket on which no process answers. Leaves files, folders, devices, symbolic links and sockets in use
 * alone.
 *
 * With the access `owner`, only the user of this process may connect to a unix socket. With `umask`, the umask of the
 * process decides.
 *
 * @throws the system's error; `ENAMETOOLONG` for a path that is too long for a unix socket
 */
export async function listenAt(
  server: Server,
  address: ListenAddress,
  access: 'umask' | 'owner' = 'umask',
): Promise<BoundAddress> {
  if (!('path' in address) || process.platform === 'win32') {
    await listening(server, address, access)
    return { isIntact: true, stop: () => void server.close() }
  }
  const { path } = address
  if (Buffer.byteLength(path) > LONGEST_PATH) throw tooLong(path)
  try {
    await listening(server, address, access)
  } catch (error) {
    if (codeOf(error) !== 'EADDRINUSE' || !(await removeLeftOver(path))) throw error
    await listening(server, address, access)
  }
  const own = identity(path)
  return {
    get isIntact() {
      return identity(path) === own
    },
    stop: () => closeAt(server, path, own),
  }
}

async function listening(server: Server, address: ListenAddress, access: 'umask' | 'owner'): Promise<void> {
  const before = access === 'owner' && 'path' in address ? process.umask(0o177) : undefined
  try {
    // Binds within this call, so that the mask applies to no other file.
    server.listen(address)
  } finally {
    if (before !== undefined) process.umask(before)
  }
  await once(server, 'listening')
  // accept() may fail because no descriptor is left. The next call may succeed.
  server.on('error', () => {})
}

/**
 * Reports whether a unix socket may be bound at a path: nothing is there, or a socket. A file of another kind belongs
 * to the user.
 */
export function takesSocket(path: string): boolean {
  return look(path)?.isSocket() ?? true
}

/** Removes a unix socket on which no process answers. Returns whether the path is free now. */
async function removeLeftOver(path: string): Promise<boolean> {
  const found = look(path)
  if (found === undefined) return true
  if (!found.isSocket() || !(await isRefused(path))) return false
  // Another supervisor may have replaced it while this one was connecting.
  const now = look(path)
  if (now !== undefined && !isSame(found, now)) return false
  try {
    if (now !== undefined) unlinkSync(path)
    return true
  } catch {
    return false
  }
}

async function isRefused(path: string): Promise<boolean> {
  const socket = connect(path)
  try {
    await once(socket, 'connect')
    return false
  } catch (error) {
    return codeOf(error) === 'ECONNREFUSED'
  } finally {
    socket.destroy()
  }
}

/**
 * Closes the server. libuv removes the path at close, even if it is another file by then, so another's file is moved
 * aside meanwhile.
 */
function closeAt(server: Server, path: string, own: string | undefined): void {
  const found = identity(path)
  const foreign = found !== undefined && found !== own && look(path)?.isDirectory() === false
  const aside = join(dirname(path), `.idle-shutdown-${process.pid}`)
  const moved = foreign && attempt(() => renameSync(path, aside))
  server.close()
  if (!moved) return
  // A link does not replace a file that another process has created meanwhile. Some file systems have no links.
  if (attempt(() => linkSync(aside, path))) attempt(() => unlinkSync(aside))
  else if (look(path) === undefined) attempt(() => renameSync(aside, path))
}

/** Returns a text that identifies the file at a path, as long as the server that bound it is open. */
function identity(path: string): string | undefined {
  const found = look(path)
  return found && `${found.dev} ${found.ino}`
}

function look(path: string): BigIntStats | undefined {
  try {
    return lstatSync(path, { bigint: true, throwIfNoEntry: false })
  } catch {
    return undefined
  }
}

/**
 * Reports whether two results are the same file. A removed file's number is soon used again, but its time of change is
 * not.
 */
function isSame(one: BigIntStats, other: BigIntStats): boolean {
  return one.dev === other.dev && one.ino === other.ino && one.ctimeNs === other.ctimeNs
}

function attempt(action: () => void): boolean {
  try {
    action()
    return true
  } catch {
    return false
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}

function tooLong(path: string): Error {
  const message = `listen ENAMETOOLONG: the path has ${Buffer.byteLength(path)} bytes, and a unix socket takes ${LONGEST_PATH}`
  return Object.assign(new Error(message), { code: 'ENAMETOOLONG', syscall: 'listen', address: path })
}
