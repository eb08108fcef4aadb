import { fstatSync, readFileSync, readlinkSync, writeSync } from 'node:fs'

/** The kind, the path and the identity of a file descriptor. */
export interface Descriptor {
  /**
   * `other`: a socket that is neither stream nor datagram. `file`: not a socket. `closed`: no descriptor has this
   * number.
   */
  readonly kind: 'listening' | 'connection' | 'datagram' | 'other' | 'file' | 'closed'
  /**
   * The path of a unix socket, or `''` if it is not bound. Undefined for other sockets, and if the path cannot be
   * known.
   */
  readonly path: string | undefined
  /** The same text for two descriptors of one socket. */
  readonly identity: string
}

/**
 * Describes the descriptor `fd` of this process. Reads no byte from it, and leaves it open.
 *
 * Node has no getsockopt(). Linux lists TCP sockets with their state, and unix sockets with type and state. Any user
 * can add lines to the list of unix sockets, with a path that has a line break. So an entry counts only if the socket
 * itself behaves accordingly. Unlisted sockets are tested with a write of no bytes: connected streams accept the write
 * and send nothing, listening ones refuse it.
 *
 * @see https://man7.org/linux/man-pages/man5/proc_net.5.html
 */
export function descriptorOf(fd: number): Descriptor {
  const found = (kind: Descriptor['kind'], path?: string): Descriptor => ({ kind, path, identity })
  let identity = ''
  try {
    const stat = fstatSync(fd, { bigint: true })
    identity = `${stat.dev}:${stat.ino}`
    if (!stat.isSocket()) return found('file')
    const internet = internetSocket(stat.ino)
    if (internet !== undefined) return found(internet)
    const listed = unixSockets(stat.ino)
    const [first] = listed
    if (first === undefined) return found(answerToNothing(fd))
    const agreed = listed.every(({ kind, path }) => kind === first.kind && path === first.path)
    if (agreed && !isStream(first))
      return isStreamSocket(fd) ? found(answerToNothing(fd)) : found(first.kind, first.path)
    const stream = agreed || isStreamSocket(fd)
    const kind = stream ? answerToNothing(fd) : first.kind
    const believed = listed.find((one) => (stream ? one.kind === kind : !isStream(one)))
    return believed === undefined ? found(kind) : found(believed.kind, believed.path)
  } catch {
    return found('closed')
  }
}

/**
 * Describes the descriptor `fd` of another process, as far as Linux shows it. Sockets that Linux does not list count as
 * listening.
 */
export function descriptorOfProcess(pid: number, fd: number): Descriptor {
  let identity = ''
  try {
    identity = readlinkSync(`/proc/${pid}/fd/${fd}`)
  } catch {
    if (process.platform === 'linux') return { kind: 'closed', path: undefined, identity }
  }
  const inode = /^socket:\[(\d+)\]$/.exec(identity)?.[1]
  if (inode === undefined) return { kind: identity === '' ? 'listening' : 'file', path: undefined, identity }
  const internet = internetSocket(BigInt(inode))
  if (internet !== undefined) return { kind: internet, path: undefined, identity }
  const listed = unixSockets(BigInt(inode))
  return { kind: 'listening', path: undefined, identity, ...(listed.find(isStream) ?? listed[0]) }
}

/**
 * Reports whether a descriptor is a TCP socket of this process's network namespace. Linux only; false on other systems.
 */
export function isKnownTcp(fd: number): boolean {
  try {
    const kind = internetSocket(fstatSync(fd, { bigint: true }).ino)
    return kind === 'listening' || kind === 'connection'
  } catch {
    return false
  }
}

/**
 * Reports whether the open file description, which processes share, has O_NONBLOCK. Undefined if that cannot be known.
 */
export function isNonBlocking(fd: number): boolean | undefined {
  try {
    const flags = /^flags:\s*([0-7]+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))
    return flags === null ? undefined : (Number.parseInt(flags[1] ?? '', 8) & 0o4000) !== 0
  } catch {
    return undefined
  }
}

/**
 * Returns the kind of a socket in the kernel's tables of TCP and UDP, to which users cannot write. They are those of
 * this process's network namespace.
 */
function internetSocket(inode: bigint): 'listening' | 'connection' | 'datagram' | undefined {
  // sl local_address rem_address st tx_queue:rx_queue tr:tm->when retrnsmt uid timeout inode …
  const [row] = ['tcp', 'tcp6'].flatMap((table) => rows(table, 9, inode))
  if (row !== undefined) return row[3] === '0A' ? 'listening' : 'connection'
  return ['udp', 'udp6'].some((table) => rows(table, 9, inode).length > 0) ? 'datagram' : undefined
}

interface UnixSocket {
  readonly kind: Exclude<Descriptor['kind'], 'file' | 'closed'>
  readonly path: string
}

// With PrivateNetwork=yes, a socket that was passed from outside is not in the list.
function unixSockets(inode: bigint): readonly UnixSocket[] {
  // Num: RefCount Protocol Flags Type St Inode Path
  return rows('unix', 6, inode).map(([, , , , type = '', state, , ...path]) => {
    // A socket that is bound and does not listen yet is about to listen.
    const stream = state === '03' ? 'connection' : 'listening'
    const kind = type === '0001' ? stream : type === '0002' ? 'datagram' : 'other'
    return { kind, path: path.join(' ') }
  })
}

/**
 * Returns the rows of a table of `/proc/self/net` that have `inode` in a column. Returns none if the table does not
 * exist.
 */
function rows(table: string, column: number, inode: bigint): string[][] {
  let text: string
  try {
    text = readFileSync(`/proc/self/net/${table}`, 'utf8')
  } catch {
    return []
  }
  const wanted = String(inode)
  return text
    .split('\n')
    .filter((line) => line.includes(wanted))
    .map((line) => line.trim().split(/\s+/))
    .filter((row) => row[column] === wanted)
}

function isStream({ kind }: UnixSocket): boolean {
  return kind === 'listening' || kind === 'connection'
}

/**
 * Reports whether the system says that a socket is a stream socket, of TCP or of a unix path.
 *
 * A datagram socket of Node refuses to open such a descriptor, names its type in the error, and leaves it unchanged. It
 * also refuses a datagram socket of a unix path.
 */
function isStreamSocket(fd: number): boolean {
  const socket = process.getBuiltinModule('node:dgram').createSocket('udp4')
  try {
    socket.bind({ fd })
    return false
  } catch (error) {
    return error instanceof Error && /\b(TCP|PIPE)\b/.test(error.message)
  } finally {
    socket.close()
  }
}

/**
 * Returns the kind of a socket from its answer to a write of no bytes. A connected datagram socket counts as a
 * connection here; Node refuses to open it later.
 */
function answerToNothing(fd: number): Descriptor['kind'] {
  try {
    writeSync(fd, new Uint8Array(0))
    return 'connection'
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EDESTADDRREQ' ? 'datagram' : 'listening'
  }
}
