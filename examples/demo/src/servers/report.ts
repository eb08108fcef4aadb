import type { Server } from 'node:http'
import type { CloseReport, Explanation, IdleShutdown } from '@idle-shutdown/core'

/** A message of a demo's server to its parent process. */
export type Report =
  | { readonly kind: 'listening'; readonly origin: string }
  | { readonly kind: 'explanation'; readonly explanation: Explanation }
  | { readonly kind: 'idle' }
  | { readonly kind: 'closed'; readonly figures: Pick<CloseReport, 'duration' | 'drained' | 'destroyed'> }

/** The interval (ms) between two explanations. */
const INTERVAL = 100

/**
 * Reports the server's address, its explanations and its end to the parent process. Prints the address if there is no
 * parent. Does not keep the process alive: the timer is unref'd, and so is an IPC channel without a 'message' listener.
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

/** A missing parent is not an error: the server continues, and ends when it is idle. */
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
