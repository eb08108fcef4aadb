import { after, systemClock } from '@idle-shutdown/core/tracker'
import { portsOf } from './addresses/listeners.ts'

/** The longest time (ms) until the hint. Half of the ready timeout counts if it is shorter. */
const HINT_AFTER = 10_000

/** The start of a command, as far as a hint names it. */
interface Start {
  readonly pid: number | undefined
  /** The port of `--proxy`. */
  readonly proxy: number | undefined
}

/**
 * Calls back with a hint if a command has not listened for a while, long before it is killed for that. Returns a
 * function that stops the timer.
 */
export function hintAtSlowStart(start: Start, readyTimeout: number, hint: (sentence: string) => void): () => void {
  return after(systemClock, Math.min(HINT_AFTER, readyTimeout / 2), () => hint(sentenceOf(start)))
}

/** Returns the reason why a start that did not listen within `time` has failed. */
export function notListening({ pid, proxy }: Start, time: string): string {
  const ports = otherPorts(pid)
  return `it did not listen within ${time}${ports && ` on ${wanted(proxy)}, but on ${ports}`}`
}

function sentenceOf({ pid, proxy }: Start): string {
  const ports = otherPorts(pid)
  const seen =
    ports === '' ? `it has not listened on ${wanted(proxy)}` : `it listens on ${ports}, and not on ${wanted(proxy)}`
  return proxy === undefined ? `${seen}; a program that is not Node needs --proxy PORT` : seen
}

/** Returns where a command should listen. */
function wanted(proxy: number | undefined): string {
  return proxy === undefined ? 'a held address' : `port ${proxy}`
}

/**
 * Returns the ports on which the command `pid` and its children listen instead, as words. Empty if the system does not
 * show them.
 */
function otherPorts(pid: number | undefined): string {
  const ports = pid === undefined ? [] : portsOf(pid)
  return ports.length === 0 ? '' : `port${ports.length > 1 ? 's' : ''} ${ports.join(' and ')}`
}
