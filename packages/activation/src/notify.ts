import type { Duration } from '@idle-shutdown/core'
import { infinite, invalidOption, milliseconds, printable, rejectUnknownOptions } from '@idle-shutdown/core/adapter'
import { send } from './sd-notify.ts'

/** The state that is sent to a supervisor. Several members are sent in one message. */
export interface Notification {
  /** The service has started (`Type=notify` waits for that), or has reloaded. */
  ready?: true
  /** The service is about to end. */
  stopping?: true
  /** The service reloads (`Type=notify-reload`). `ready` follows when it has reloaded. */
  reloading?: true
  /** One line for people, which `systemctl status` shows. */
  status?: string
  /** The start or stop that is under way may take this much longer, from now. Finite, more than 0. */
  extendTimeout?: Duration
  /** The service is alive: `WatchdogSec=`. `listen()` sends this itself. */
  watchdog?: true
}

/**
 * Sends the state of the service to systemd. Resolves with whether it was sent.
 *
 * Without NOTIFY_SOCKET, resolves at once with false. Also resolves with false if sending fails;
 * `NODE_DEBUG=idle-shutdown` prints the reason. Messages arrive in the order of the calls. `listen()` sends `ready`,
 * `stopping`, `extendTimeout` and `watchdog` itself.
 *
 * Node cannot open NOTIFY_SOCKET, a datagram socket. If the unit passes it, with `OpenFile=/run/systemd/notify`
 * (systemd 253), the message is written to it. Otherwise `systemd-notify` is spawned, for which a service of a user
 * other than root needs `NotifyAccess=all`. Never keeps the process alive for more than 2 seconds.
 *
 * @throws IdleUsageError (the promise rejects) `ERR_IDLE_UNKNOWN_OPTION`, `ERR_IDLE_INVALID_OPTION`,
 *   `ERR_IDLE_INVALID_DURATION`
 * @see https://www.freedesktop.org/software/systemd/man/latest/sd_notify.html
 */
export async function notify(state: Notification): Promise<boolean> {
  return send(assignments(state))
}

const FLAGS = ['ready', 'stopping', 'reloading', 'watchdog'] as const

function assignments(state: Notification): readonly string[] {
  rejectUnknownOptions(state, [...FLAGS, 'status', 'extendTimeout'])
  for (const flag of FLAGS) {
    if (state[flag] !== undefined && state[flag] !== true) throw invalidOption(flag, state[flag], 'true or undefined')
  }
  const { ready, stopping, reloading, status, extendTimeout, watchdog } = state
  if (status !== undefined && typeof status !== 'string') throw invalidOption('status', status, 'a text')
  const extension = extendTimeout === undefined ? 0 : milliseconds('extendTimeout', extendTimeout)
  if (extension === Number.POSITIVE_INFINITY) throw infinite('extendTimeout')
  const list = [
    // systemd compares the value with the same clock as hrtime(), and so distinguishes an old READY=1 from the new one.
    ...(reloading ? ['RELOADING=1', `MONOTONIC_USEC=${process.hrtime.bigint() / 1000n}`] : []),
    ...(ready ? ['READY=1'] : []),
    ...(stopping ? ['STOPPING=1'] : []),
    // A line break would begin another assignment, and a NUL ends an argument. `systemctl status` prints escape
    // sequences unchanged.
    ...(status === undefined ? [] : [`STATUS=${printable(status.replaceAll(/\s+|\0/g, ' '))}`]),
    ...(extension > 0 ? [`EXTEND_TIMEOUT_USEC=${Math.ceil(extension * 1000)}`] : []),
    ...(watchdog ? ['WATCHDOG=1'] : []),
  ]
  if (list.length === 0) throw invalidOption('state', state, 'an object with a member, such as { ready: true }')
  return list
}
