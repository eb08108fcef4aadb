import { fstatSync, readFileSync, readlinkSync, writeSync } from 'node:fs'

/** What a file descriptor is. */
export interface Descriptor {
  /** `other`: a socket that is neither stream nor datagram. `file`: no socket. `closed`: there is none of this number. */
  readonly kind: 'listening' | 'connection' | 'datagram' | 'other' | 'file' | 'closed'
  /** Where a unix socket is bound, `''` for nowhere. Undefined for other sockets, and where it cannot be known. */
  readonly path: string | undefined
  /** The same for two descriptors of one socket. */
  readonly identity: string
}

/**
 * What the descriptor `fd` of this process is. Reads no byte from it, and leaves it open.
 *
 * Node has no getsockopt(). Linux lists TCP sockets with their state, and unix sockets with type and state. Any user can write
 * lines of his own into the list of unix sockets, by a path with a line break: what it says is believed only if the socket itself
 * behaves so. Of others, a write of no bytes tells: connected streams take it and send nothing, listening ones refuse it.
 *
 * @see https://man7.org/linux/man-pages/man5/proc_net.5.html
 */
export function describe(fd: number): Descriptor {
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

/** What the descriptor `fd` of another process is, as far as Linux tells: sockets that it does not list pass for listening ones. */
export function describeOf(pid: number, fd: number): Descriptor {
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

/** Whether it is among the TCP sockets of this process's network namespace. Linux only; elsewhere false. */
export function isKnownTcp(fd: number): boolean {
  try {
    const kind = internetSocket(fstatSync(fd, { bigint: true }).ino)
    return kind === 'listening' || kind === 'connection'
  } catch {
    return false
  }
}

/** Whether the open file description has O_NONBLOCK, which processes share. Undefined where it cannot be known. */
export function isNonBlocking(fd: number): boolean | undefined {
  try {
    const flags = /^flags:\s*([0-7]+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))
    return flags === null ? undefined : (Number.parseInt(flags[1] ?? '', 8) & 0o4000) !== 0
  } catch {
    return undefined
  }
}

/** What the kernel's tables of TCP and UDP say, in which no user writes. They are of this process's network namespace. */
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

// With PrivateNetwork=yes, a socket passed from outside is not in the list.
function unixSockets(inode: bigint): readonly UnixSocket[] {
  // Num: RefCount Protocol Flags Type St Inode Path
  return rows('unix', 6, inode).map(([, , , , type = '', state, , ...path]) => {
    // One that is bound, and does not listen yet, is about to.
    const stream = state === '03' ? 'connection' : 'listening'
    const kind = type === '0001' ? stream : type === '0002' ? 'datagram' : 'other'
    return { kind, path: path.join(' ') }
  })
}

/** The rows of a table of `/proc/self/net` that have `inode` in a column. None if there is no such table. */
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
 * Whether the system says that it is a stream socket: of TCP, or a unix one. A datagram socket of Node refuses to take it, then, and
 * leaves it as it is; so it does with a datagram socket of a unix path.
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

/** A connected datagram socket passes for a connection here: Node refuses to open it as one. */
function answerToNothing(fd: number): Descriptor['kind'] {
  try {
    writeSync(fd, new Uint8Array(0))
    return 'connection'
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EDESTADDRREQ' ? 'datagram' : 'listening'
  }
}
