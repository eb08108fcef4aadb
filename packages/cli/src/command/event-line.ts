import { printable } from '@idle-shutdown/core/tracker'
import { formatDuration } from '../format-duration.ts'
import { showListenAddress } from '../listen-address.ts'
import type { RunEvent } from '../run/run-event.ts'

/** Reports whether `--quiet` prints an event, too. */
export function isFailure({ event }: RunEvent): boolean {
  return ['crashed', 'gave-up', 'queue-full', 'killed'].includes(event)
}

/** Returns an event as one line for people. Control characters in names are replaced. */
export function eventLine(event: RunEvent): string {
  return printable(said(event))
}

/**
 * Returns an event as one line of JSON that is safe for a terminal. Control characters that JSON allows are escaped.
 */
export function eventJson(event: RunEvent, time: Date): string {
  return printable(JSON.stringify({ time: time.toISOString(), ...event }))
}

function said(event: RunEvent): string {
  switch (event.event) {
    case 'listening':
      return `holds ${showListenAddress(event.address)}; the first connection starts the command`
    case 'status':
      return `status page at ${event.url}`
    case 'starting':
      return `start ${event.start}, pid ${event.pid}${waiting(event.waiting)}`
    case 'ready':
      return `awake after ${formatDuration(event.coldStart)} (cold start), pid ${event.pid}${waiting(event.waiting)}`
    case 'idle':
      return `idle after ${formatDuration(event.uptime)} and ${counted(event.connections, 'connection')}; it ends now`
    case 'ended':
      return event.waiting > 0
        ? `ended after ${formatDuration(event.uptime)}${waiting(event.waiting)}: starts again`
        : `asleep; the command ran ${formatDuration(event.uptime)}`
    case 'crashed':
      return `failed: ${event.why}${event.failures > 1 ? ` (${event.failures} times in a row)` : ''}${waiting(event.waiting)}`
    case 'backoff':
      return event.waiting > 0
        ? `tries again in ${formatDuration(event.delay)}${waiting(event.waiting)}`
        : `the next connection tries again, in ${formatDuration(event.delay)} at the earliest`
    case 'gave-up':
      return `gave up after ${counted(event.failures, 'failure')}, and refused ${counted(event.refused, 'connection')}: ${event.why}; a connection after ${formatDuration(event.delay)} tries again`
    case 'queue-full':
      return `${counted(event.maxQueue, 'connection')} wait already; more are refused until the command is ready`
    case 'killed':
      return `killed ${event.pid} with ${event.signal}: ${event.why}`
    case 'hint':
      return event.hint
    case 'stopping':
      return `${event.signal}: ends the command${waiting(event.waiting)}`
    case 'stopped':
      return 'stopped'
  }
}

function waiting(count: number): string {
  return count === 0 ? '' : `, ${counted(count, 'connection')} ${count === 1 ? 'waits' : 'wait'}`
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
