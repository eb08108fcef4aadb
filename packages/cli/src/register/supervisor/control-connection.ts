import { connect, type Socket } from 'node:net'
import { jsonLines } from '../../protocol/lines.ts'

/**
 * A connection to the supervisor's control socket, for a process that is not its own child. Carries one JSON message a
 * line. Does not keep the process alive.
 */
export class ControlConnection {
  readonly #socket: Socket

  /**
   * Calls `received` with each line. Calls `lost` once when the supervisor has closed, or has sent something other than
   * JSON.
   */
  constructor(path: string, received: (message: unknown) => void, lost: () => void) {
    const socket = connect(path).unref()
    const read = jsonLines({ line: received, broken: () => socket.destroy() })
    socket.setEncoding('utf8')
    socket.on('data', (text) => read(String(text)))
    socket.on('error', () => {})
    socket.once('close', lost)
    this.#socket = socket
  }

  send(message: object): void {
    this.#socket.write(`${JSON.stringify(message)}\n`)
  }

  /** Closes once all messages have left. */
  close(): void {
    this.#socket.end()
  }
}
