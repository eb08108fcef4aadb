import cluster from 'node:cluster'
import { readFileSync, readlinkSync } from 'node:fs'
import { basename } from 'node:path'

/** The variables by which systemd asks a service for notifications. */
export interface Service {
  /** The path of the socket for notifications. */
  readonly socket: string | undefined
  /** The longest time (µs) between two watchdog messages of this process, if systemd expects them. */
  readonly watchdog: string | undefined
}

/** Like the sockets, the variables are per process, and not per copy of this package. */
const STORE = Symbol.for('@idle-shutdown/activation.service')

/** Set by the primary of a cluster that has read the variables, for its workers. */
const WORKER_VARIABLE = 'IDLE_SHUTDOWN_NOTIFY'

/** Matches programs that start the service and send no notifications themselves. */
const LAUNCHER = /(^|[\s/])(npm|npx|pnpm|pnpx|yarn|corepack)([\s.-]|$)|(^|\s)--run(\s|=|$)/

/**
 * Returns the variables that systemd passed. The first call removes NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID from
 * the environment, so that children do not notify systemd for the service. Cluster workers still do.
 */
export function service(): Service {
  const stored: unknown = Reflect.get(globalThis, STORE)
  if (isService(stored)) return stored
  const { NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID, [WORKER_VARIABLE]: left = '' } = process.env
  for (const name of ['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID', WORKER_VARIABLE])
    Reflect.deleteProperty(process.env, name)
  const [primary, path] = /^(\d+) (.*)$/.exec(left)?.slice(1) ?? []
  const ofPrimary = cluster.isWorker && Number(primary) === process.ppid ? path : undefined
  const isWatched = WATCHDOG_PID === undefined || Number(WATCHDOG_PID) === process.pid
  const found: Service = {
    socket: NOTIFY_SOCKET ?? ofPrimary,
    watchdog: isWatched ? WATCHDOG_USEC : undefined,
  }
  if (NOTIFY_SOCKET && !cluster.isWorker) process.env[WORKER_VARIABLE] = `${process.pid} ${NOTIFY_SOCKET}`
  Reflect.set(globalThis, STORE, found)
  return found
}

/**
 * Reports whether this process sends notifications for the service by itself.
 *
 * True if the process serves inherited sockets, is a cluster worker, or was started by systemd. Also true if a shell or
 * a package manager that systemd started has started it. False for a child of another Node program, which sends its own
 * notifications: such a child is a helper.
 *
 * If systemd does not name the process that it started (before 248), each process counts as that one.
 */
export function speaksForService(servesInherited: boolean): boolean {
  const { SYSTEMD_EXEC_PID: started } = process.env
  if (servesInherited || cluster.isWorker || started === undefined || Number(started) === process.pid) return true
  try {
    if (basename(readlinkSync(`/proc/${Number(started)}/exe`)) !== basename(process.execPath)) return true
    return LAUNCHER.test(readFileSync(`/proc/${Number(started)}/cmdline`, 'utf8').replaceAll('\0', ' '))
  } catch {
    return true
  }
}

function isService(value: unknown): value is Service {
  return typeof value === 'object' && value !== null && 'socket' in value && 'watchdog' in value
}
