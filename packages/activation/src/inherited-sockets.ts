import cluster from 'node:cluster'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { IdleUsageError, invalidOption, showValue } from '@idle-shutdown/core/adapter'
import { type Descriptor, descriptorOf, descriptorOfProcess, isKnownTcp } from './descriptor.ts'

/** A stream socket that another process opened and passed to this one. */
export interface InheritedSocket {
  /** Its number: from 3 in the order of the systemd units, or 0 under inetd. */
  readonly fd: number
  /**
   * `FileDescriptorName=` of the unit, by default the unit's own name (`web.socket`). `inetd` under inetd, otherwise
   * `unknown`.
   */
  readonly name: string
  /**
   * `listening`: accepts connections. `connection`: the supervisor has accepted it (`Accept=yes`, inetd's `nowait`).
   */
  readonly kind: 'listening' | 'connection'
}

/**
 * Returns the stream sockets that were passed to this process: those of LISTEN_FDS, or the one that inetd passes as
 * standard input. Opens and closes none of them.
 *
 * Reads the environment once, and removes LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES, so that child processes do not
 * take the sockets for their own. Later calls return the same list.
 *
 * Leaves out everything that is not a stream socket: {@link listen} refuses it.
 *
 * @throws IdleUsageError `ERR_IDLE_LISTEN_PID_MISMATCH`, `ERR_IDLE_INVALID_LISTEN_FDS`; the same at each call
 * @see https://www.freedesktop.org/software/systemd/man/latest/sd_listen_fds.html
 */
export function inheritedSockets(): readonly InheritedSocket[] {
  return readInherited().sockets
}

/** The sockets that were passed to this process. */
export interface InheritedDescriptors {
  readonly sockets: readonly InheritedSocket[]
  /** The descriptors that cannot be served. */
  readonly unsupported: readonly UnsupportedDescriptor[]
  /** The paths of the unix sockets among them. */
  readonly paths: ReadonlyMap<number, string>
  /** The descriptor on which the supervisor receives notifications, from `OpenFile=`. */
  readonly notifier: number | undefined
  /** The descriptors that a server has claimed. */
  readonly claimed: Set<number>
}

/** A descriptor that was passed and is not a stream socket. */
export interface UnsupportedDescriptor {
  readonly fd: number
  readonly name: string
  readonly kind: Exclude<Descriptor['kind'], InheritedSocket['kind'] | 'closed'>
}

/** The first descriptor that systemd passes. */
const FIRST = 3

/**
 * Stored on globalThis: descriptors are per process, and their variables can be read once. A preload and the program
 * may each load a copy of this package.
 */
const STORE = Symbol.for('@idle-shutdown/activation')

/**
 * The variable in which the primary of a cluster keeps LISTEN_* for its workers. Only a worker reads it, and only from
 * its own primary, which has the descriptors.
 */
const WORKER_VARIABLE = 'IDLE_SHUTDOWN_LISTEN'

interface Variables {
  readonly pid: string | undefined
  readonly fds: string | undefined
  readonly names: string | undefined
}

type Outcome = { readonly descriptors: InheritedDescriptors } | { readonly error: unknown }

/** Reads the passed sockets at the first call. Returns, or throws, the same at each later call. */
export function readInherited(): InheritedDescriptors {
  const stored: unknown = Reflect.get(globalThis, STORE)
  const outcome = isOutcome(stored) ? stored : read()
  Reflect.set(globalThis, STORE, outcome)
  if ('error' in outcome) throw outcome.error
  return outcome.descriptors
}

function read(): Outcome {
  const { pid, fds, names } = variables()
  for (const name of ['LISTEN_PID', 'LISTEN_FDS', 'LISTEN_FDNAMES']) Reflect.deleteProperty(process.env, name)
  try {
    if (fds === undefined) return { descriptors: ofInetd() }
    const outcome = { descriptors: ofSystemd(pid, fds, names) }
    if (!cluster.isWorker) process.env[WORKER_VARIABLE] = [pid, fds, names ?? ''].join(' ')
    return outcome
  } catch (error) {
    return { error }
  }
}

function variables(): Variables {
  const { LISTEN_PID: pid, LISTEN_FDS: fds, LISTEN_FDNAMES: names, [WORKER_VARIABLE]: left = '' } = process.env
  Reflect.deleteProperty(process.env, WORKER_VARIABLE)
  if (fds !== undefined || !cluster.isWorker) return { pid, fds, names }
  const [primary, count, list] = left.split(' ')
  return Number(primary) === process.ppid ? { pid: primary, fds: count, names: list || undefined } : NOTHING
}

const NOTHING: Variables = { pid: undefined, fds: undefined, names: undefined }

function ofSystemd(pid: string | undefined, fds: string, fdNames: string | undefined): InheritedDescriptors {
  // A worker's listen({ fd }) runs in its primary.
  const primary = cluster.isWorker && Number(pid) === process.ppid ? process.ppid : undefined
  if (Number(pid) !== process.pid && primary === undefined) throw pidMismatch(pid)
  const count = Number(fds)
  if (!/^\d+$/.test(fds)) throw invalid('LISTEN_FDS', fds, 'the number of passed sockets')
  const names = fdNames?.split(':')
  if (names !== undefined && names.length !== count && count > 0) {
    throw invalid('LISTEN_FDNAMES', fdNames, `${count} names, since LISTEN_FDS is ${count}`)
  }

  const sockets: InheritedSocket[] = []
  const unsupported: UnsupportedDescriptor[] = []
  const paths = new Map<number, string>()
  let notifier: number | undefined
  for (let fd = FIRST; fd < FIRST + count; fd++) {
    const name = names?.[fd - FIRST] ?? 'unknown'
    const { kind, path } = primary === undefined ? descriptorOf(fd) : descriptorOfProcess(primary, fd)
    if (path !== undefined) paths.set(fd, path)
    if (kind === 'closed') {
      throw invalid('LISTEN_FDS', fds, `the number of passed sockets, and descriptor ${fd} must be open`)
    }
    if (kind === 'listening' || kind === 'connection') sockets.push(Object.freeze({ fd, name, kind }))
    // A datagram socket of a .socket unit is bound. This one is connected to systemd's socket.
    else if (kind === 'datagram' && name === 'notify' && path === '') notifier = fd
    else unsupported.push({ fd, name, kind })
  }
  return { sockets: Object.freeze(sockets), unsupported, paths, notifier, claimed: new Set() }
}

/**
 * Describes the socket of inetd, which is standard input. inetd sets no variables.
 *
 * A listening socket there is inetd's `wait`; no other program passes one. A connection is inetd's `nowait`, unless it
 * may be one of a pair of unix sockets. Node, sshd and others make the pipes to a child from such pairs.
 */
function ofInetd(): InheritedDescriptors {
  const { kind, path, identity } = descriptorOf(0)
  const shared = [1, 2].filter((fd) => descriptorOf(fd).identity === identity)
  const isPipe = path === '' || (path === undefined && shared.length < 2 && !isKnownTcp(0))
  if (kind !== 'listening' && (kind !== 'connection' || isPipe)) {
    return { sockets: Object.freeze([]), unsupported: [], paths: new Map(), notifier: undefined, claimed: new Set() }
  }
  for (const fd of shared) redirectToDevNull(fd)
  const socket = Object.freeze({ fd: 0, name: 'inetd', kind })
  const paths = new Map(path === undefined ? [] : [[0, path]])
  return { sockets: Object.freeze([socket]), unsupported: [], paths, notifier: undefined, claimed: new Set() }
}

/**
 * Replaces a descriptor with the null device, because inetd's socket is also standard output and standard error.
 *
 * Output there, even a warning of Node, would be sent to the client within an answer. On a listening socket, it is an
 * error that ends the process. The new descriptor gets the lowest free number, which is the one that was just closed.
 */
function redirectToDevNull(fd: number): void {
  closeSync(fd)
  const opened = openSync('/dev/null', 'w')
  if (opened !== fd) closeSync(opened)
}

function pidMismatch(pid: string | undefined): IdleUsageError {
  return new IdleUsageError(
    'ERR_IDLE_LISTEN_PID_MISMATCH',
    `"LISTEN_PID" must be ${process.pid}, the id of this process. Received ${showValue(pid)}${pid === undefined ? '' : nameOf(pid)}, since the sockets were passed to another program, such as npm or a shell, which started this one. Let the supervisor start node itself (ExecStart=/usr/bin/node server.js), or unset LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES`,
  )
}

function nameOf(pid: string): string {
  try {
    return ` (${readFileSync(`/proc/${Number(pid)}/comm`, 'utf8').trim()})`
  } catch {
    return ''
  }
}

function invalid(name: string, value: unknown, accepted: string): IdleUsageError {
  const instruction = 'Correct what the supervisor passes, or unset LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES'
  return invalidOption(name, value, accepted, instruction, 'ERR_IDLE_INVALID_LISTEN_FDS')
}

function isOutcome(value: unknown): value is Outcome {
  return typeof value === 'object' && value !== null && ('descriptors' in value || 'error' in value)
}
