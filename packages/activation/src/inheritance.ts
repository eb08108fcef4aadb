import cluster from 'node:cluster'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { IdleUsageError, showValue } from '@idle-shutdown/core/adapter'
import { type Descriptor, describe, describeOf, isKnownTcp } from './descriptor.ts'
import type { InheritedSocket } from './inherited-socket.ts'

/** The sockets that were passed to this process. */
export interface Inheritance {
  readonly sockets: readonly InheritedSocket[]
  /** The descriptors that cannot be served. */
  readonly misfits: readonly Misfit[]
  /** The paths of the unix sockets among them. */
  readonly paths: ReadonlyMap<number, string>
  /** The descriptor on which the supervisor receives notifications, from `OpenFile=`. */
  readonly notifier: number | undefined
  /** The descriptors that a server has claimed. */
  readonly claimed: Set<number>
}

/** A descriptor that was passed and is not a stream socket. */
export interface Misfit {
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
const LEFT_TO_WORKERS = 'IDLE_SHUTDOWN_LISTEN'

interface Variables {
  readonly pid: string | undefined
  readonly fds: string | undefined
  readonly names: string | undefined
}

type Outcome = { readonly inheritance: Inheritance } | { readonly error: unknown }

/** Reads the passed sockets at the first call. Returns, or throws, the same at each later call. */
export function inheritance(): Inheritance {
  const stored: unknown = Reflect.get(globalThis, STORE)
  const outcome = isOutcome(stored) ? stored : read()
  Reflect.set(globalThis, STORE, outcome)
  if ('error' in outcome) throw outcome.error
  return outcome.inheritance
}

function read(): Outcome {
  const { pid, fds, names } = variables()
  for (const name of ['LISTEN_PID', 'LISTEN_FDS', 'LISTEN_FDNAMES']) Reflect.deleteProperty(process.env, name)
  try {
    if (fds === undefined) return { inheritance: ofInetd() }
    const outcome = { inheritance: ofSystemd(pid, fds, names) }
    if (!cluster.isWorker) process.env[LEFT_TO_WORKERS] = [pid, fds, names ?? ''].join(' ')
    return outcome
  } catch (error) {
    return { error }
  }
}

function variables(): Variables {
  const { LISTEN_PID: pid, LISTEN_FDS: fds, LISTEN_FDNAMES: names, [LEFT_TO_WORKERS]: left = '' } = process.env
  Reflect.deleteProperty(process.env, LEFT_TO_WORKERS)
  if (fds !== undefined || !cluster.isWorker) return { pid, fds, names }
  const [primary, count, list] = left.split(' ')
  return Number(primary) === process.ppid ? { pid: primary, fds: count, names: list || undefined } : NOTHING
}

const NOTHING: Variables = { pid: undefined, fds: undefined, names: undefined }

function ofSystemd(pid: string | undefined, fds: string, fdNames: string | undefined): Inheritance {
  // A worker's listen({ fd }) runs in its primary.
  const primary = cluster.isWorker && Number(pid) === process.ppid ? process.ppid : undefined
  if (Number(pid) !== process.pid && primary === undefined) throw foreign(pid)
  const count = Number(fds)
  if (!/^\d+$/.test(fds)) throw invalid(`LISTEN_FDS is ${showValue(fds)}; accepted is how many sockets are passed`)
  const names = fdNames?.split(':')
  if (names !== undefined && names.length !== count && count > 0) {
    throw invalid(`LISTEN_FDNAMES is ${showValue(fdNames)}; accepted are ${count} names, as many as LISTEN_FDS says`)
  }

  const sockets: InheritedSocket[] = []
  const misfits: Misfit[] = []
  const paths = new Map<number, string>()
  let notifier: number | undefined
  for (let fd = FIRST; fd < FIRST + count; fd++) {
    const name = names?.[fd - FIRST] ?? 'unknown'
    const { kind, path } = primary === undefined ? describe(fd) : describeOf(primary, fd)
    if (path !== undefined) paths.set(fd, path)
    if (kind === 'closed') {
      throw invalid(`LISTEN_FDS is ${count}, but descriptor ${fd} is not open; accepted is as many as are passed`)
    }
    if (kind === 'listening' || kind === 'connection') sockets.push(Object.freeze({ fd, name, kind }))
    // A datagram socket of a .socket unit is bound. This one is connected to systemd's socket.
    else if (kind === 'datagram' && name === 'notify' && path === '') notifier = fd
    else misfits.push({ fd, name, kind })
  }
  return { sockets: Object.freeze(sockets), misfits, paths, notifier, claimed: new Set() }
}

/**
 * Describes the socket of inetd, which is standard input. inetd sets no variables.
 *
 * A listening socket there is inetd's `wait`; no other program passes one. A connection is inetd's `nowait`, unless it
 * may be one of a pair of unix sockets. Node, sshd and others make the pipes to a child from such pairs.
 */
function ofInetd(): Inheritance {
  const { kind, path, identity } = describe(0)
  const shared = [1, 2].filter((fd) => describe(fd).identity === identity)
  const isPipe = path === '' || (path === undefined && shared.length < 2 && !isKnownTcp(0))
  if (kind !== 'listening' && (kind !== 'connection' || isPipe)) {
    return { sockets: Object.freeze([]), misfits: [], paths: new Map(), notifier: undefined, claimed: new Set() }
  }
  for (const fd of shared) silence(fd)
  const socket = Object.freeze({ fd: 0, name: 'inetd', kind })
  const paths = new Map(path === undefined ? [] : [[0, path]])
  return { sockets: Object.freeze([socket]), misfits: [], paths, notifier: undefined, claimed: new Set() }
}

/**
 * Replaces a descriptor with the null device, because inetd's socket is also standard output and standard error.
 *
 * Output there, even a warning of Node, would be sent to the client within an answer. On a listening socket, it is an
 * error that ends the process. The new descriptor gets the lowest free number, which is the one that was just closed.
 */
function silence(fd: number): void {
  closeSync(fd)
  const opened = openSync('/dev/null', 'w')
  if (opened !== fd) closeSync(opened)
}

function foreign(pid: string | undefined): IdleUsageError {
  const found =
    pid === undefined ? 'LISTEN_FDS is set without LISTEN_PID' : `LISTEN_PID is ${showValue(pid)}${nameOf(pid)}`
  return new IdleUsageError(
    'ERR_IDLE_FOREIGN_SOCKETS',
    `${found}, but this is process ${process.pid}: the sockets were passed to another program, such as npm or a shell, which started this one. Let the supervisor start node itself (ExecStart=/usr/bin/node server.js), or the shell exec it; where nothing is to be inherited, unset LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES`,
  )
}

function nameOf(pid: string): string {
  try {
    return ` (${readFileSync(`/proc/${Number(pid)}/comm`, 'utf8').trim()})`
  } catch {
    return ''
  }
}

function invalid(message: string): IdleUsageError {
  return new IdleUsageError('ERR_IDLE_INVALID_LISTEN_FDS', message)
}

function isOutcome(value: unknown): value is Outcome {
  return typeof value === 'object' && value !== null && ('inheritance' in value || 'error' in value)
}
