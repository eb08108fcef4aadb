import cluster from 'node:cluster'
import { readFileSync, readlinkSync } from 'node:fs'
import { basename } from 'node:path'

/** The variables by which systemd listens to a service. */
export interface Service {
  /** The path of the socket for notifications. */
  readonly socket: string | undefined
  /** The longest time (µs) between two signs of life of this process, if it watches for them. */
  readonly watchdog: string | undefined
}

/** Like the sockets, the variables belong to the process, and not to this copy of the package. */
const STORE = Symbol.for('@idle-shutdown/activation.service')

/** Set by the primary of a cluster that has taken the variables, for its workers. */
const LEFT_TO_WORKERS = 'IDLE_SHUTDOWN_NOTIFY'

/** A program that starts the service, and speaks for none itself. */
const LAUNCHER = /(^|[\s/])(npm|npx|pnpm|pnpx|yarn|corepack)([\s.-]|$)|(^|\s)--run(\s|=|$)/

/**
 * Returns what systemd passed. The first call takes NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID out of the environment, so that
 * children do not speak for the service; cluster workers still do.
 */
export function service(): Service {
  const stored: unknown = Reflect.get(globalThis, STORE)
  if (isService(stored)) return stored
  const { NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID, [LEFT_TO_WORKERS]: left = '' } = process.env
  for (const name of ['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID', LEFT_TO_WORKERS])
    Reflect.deleteProperty(process.env, name)
  const [primary, path] = /^(\d+) (.*)$/.exec(left)?.slice(1) ?? []
  const ofPrimary = cluster.isWorker && Number(primary) === process.ppid ? path : undefined
  const isWatched = WATCHDOG_PID === undefined || Number(WATCHDOG_PID) === process.pid
  const found: Service = {
    socket: NOTIFY_SOCKET ?? ofPrimary,
    watchdog: isWatched ? WATCHDOG_USEC : undefined,
  }
  if (NOTIFY_SOCKET && !cluster.isWorker) process.env[LEFT_TO_WORKERS] = `${process.pid} ${NOTIFY_SOCKET}`
  Reflect.set(globalThis, STORE, found)
  return found
}

/**
 * Reports whether what this process says by itself is said for the service: it serves inherited sockets, or is the process that
 * systemd started, or a shell or a package manager that systemd started has started it. A process of another Node program, which
 * speaks for itself, is a helper.
 *
 * If systemd does not name the process that it started (before 248), each is taken for that one.
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
