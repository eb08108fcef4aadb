import { portsOf } from './listeners.ts'

/**
 * The longest time (ms) until the hint to a command that has not listened. Half of the ready timeout counts if it is
 * shorter.
 */
export const HINT_AFTER = 10_000

/** Returns where a command should listen, for the hint and for the failure. */
export function wanted(proxy: number | undefined): string {
  return proxy === undefined ? 'what is held' : `port ${proxy}`
}

/**
 * Returns the ports on which the command `pid` and its children listen instead, as words. Empty if the system does not
 * show them.
 */
export function otherPorts(pid: number | undefined): string {
  const ports = pid === undefined ? [] : portsOf(pid)
  return ports.length === 0 ? '' : `port${ports.length > 1 ? 's' : ''} ${ports.join(' and ')}`
}

/** Returns the hint to a command that has not listened, long before it is killed for that. */
export function startHint(pid: number | undefined, proxy: number | undefined): string {
  const ports = otherPorts(pid)
  const seen =
    ports === '' ? `it has not listened on ${wanted(proxy)}` : `it listens on ${ports}, and not on ${wanted(proxy)}`
  return proxy === undefined ? `${seen}; a program that is not Node needs --proxy PORT` : seen
}
