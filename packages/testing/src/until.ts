import { connect } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'

/** The default limit (ms). It is enough for a program to start on a busy machine. */
const LIMIT = 15_000

/**
 * Polls for an event that causes no notification: a file of /proc, or the start of another program.
 *
 * @throws with the text of `otherwise` if the event has not happened after `limit` ms
 */
export async function until(
  happened: () => boolean | Promise<boolean>,
  otherwise: () => string,
  limit: number = LIMIT,
): Promise<void> {
  const last = performance.now() + limit
  while (!(await happened())) {
    if (performance.now() > last) throw new Error(otherwise())
    await wait(10)
  }
}

/** Reports whether a server accepts connections on a port of 127.0.0.1. Connects, and closes the connection at once. */
export function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('error', () => resolve(false))
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
  })
}
