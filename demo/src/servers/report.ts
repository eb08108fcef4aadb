import type { Server } from 'node:http'
import type { CloseReport, Explanation, IdleShutdown } from '@idle-shutdown/core'

/** What a server of the demo tells the process that started it. */
export type Report =
  | { readonly kind: 'listening'; readonly origin: string }
  | { readonly kind: 'explanation'; readonly explanation: Explanation }
  | { readonly kind: 'idle' }
  | { readonly kind: 'closed'; readonly figures: Pick<CloseReport, 'duration' | 'drained' | 'destroyed'> }

/** How often (ms) a server says what holds it. */
const INTERVAL = 100

/**
 * Tells the process that started this one where the server listens, what holds it, and how it ended. Prints the address where
 * nobody started this one. Does not keep the process alive: the timer is unref'd, and an IPC channel that is only written to
 * holds nothing.
 */
export function report(server: Server, idle: Pick<IdleShutdown, 'tracker' | 'signal' | 'closed'>): void {
  const explain = (): void => send({ kind: 'explanation', explanation: idle.tracker.explain() })
  const timer = setInterval(explain, INTERVAL).unref()
  const listening = (): void => {
    const origin = originOf(server)
    if (process.send === undefined) console.log(`Listening on ${origin}`)
    send({ kind: 'listening', origin })
  }

  if (server.listening) listening()
  else server.once('listening', listening)
  idle.signal.addEventListener('abort', () => {
    clearInterval(timer)
    send({ kind: 'idle' })
    explain()
  })
  void idle.closed.then(({ duration, drained, destroyed }) => {
    send({ kind: 'closed', figures: { duration, drained, destroyed } })
  })
}

/** A parent that has gone is no error: the server serves on, and ends when it is idle. */
function send(message: Report): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => {})
}

function originOf(server: Server): string {
  const address = server.address()
  if (address === null || typeof address === 'string')
    throw new Error(`The server listens on ${address}, not on a port`)
  const host = { '::': '[::1]', '::1': '[::1]', '0.0.0.0': '127.0.0.1' }[address.address] ?? address.address
  return `http://${host}:${address.port}`
}
