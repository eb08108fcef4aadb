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
 * Node has no getsockopt(). Linux lists unix sockets with their type and state. Of the others, a write of no bytes tells:
 * connected streams take it and send nothing, listening ones refuse it.
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
    const unix = unixSocket(stat.ino)
    return unix === undefined ? found(answerToNothing(fd)) : found(unix.kind, unix.path)
  } catch {
    return found('closed')
  }
}

/** What the descriptor `fd` of another process is, as far as Linux tells: TCP sockets pass for listening ones. */
export function describeOf(pid: number, fd: number): Descriptor {
  let identity = ''
  try {
    identity = readlinkSync(`/proc/${pid}/fd/${fd}`)
  } catch {
    if (process.platform === 'linux') return { kind: 'closed', path: undefined, identity }
  }
  const inode = /^socket:\[(\d+)\]$/.exec(identity)?.[1]
  if (inode === undefined) return { kind: identity === '' ? 'listening' : 'file', path: undefined, identity }
  return { kind: 'listening', path: undefined, identity, ...unixSocket(BigInt(inode)) }
}

/** Whether it is among the TCP sockets of this process's network namespace. Linux only; elsewhere false. */
export function isKnownTcp(fd: number): boolean {
  try {
    const inode = String(fstatSync(fd, { bigint: true }).ino)
    // sl local_address rem_address st tx_queue:rx_queue tr:tm->when retrnsmt uid timeout inode …
    return ['tcp', 'tcp6'].some((table) =>
      readFileSync(`/proc/self/net/${table}`, 'utf8')
        .split('\n')
        .some((line) => line.trim().split(/\s+/)[9] === inode),
    )
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

// The list is of this process's network namespace: with PrivateNetwork=yes, a socket passed from outside is not in it.
function unixSocket(inode: bigint): { kind: Descriptor['kind']; path: string } | undefined {
  let list: string
  try {
    list = readFileSync('/proc/self/net/unix', 'utf8')
  } catch {
    return undefined
  }
  // Num: RefCount Protocol Flags Type St Inode Path
  const entry = new RegExp(`^\\S+ \\S+ \\S+ \\S+ (\\S+) (\\S+) +${inode}(?: (.*))?$`, 'm').exec(list)
  if (entry === null) return undefined
  const [, type = '', state = '', path = ''] = entry
  // One that is bound, and does not listen yet, is about to.
  const kinds: Record<string, Descriptor['kind']> = {
    '0001': state === '03' ? 'connection' : 'listening',
    '0002': 'datagram',
  }
  return { kind: kinds[type] ?? 'other', path }
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
