import { once } from 'node:events'
import { createServer, type Server } from 'node:net'
import { jsonLines } from '../protocol/lines.ts'
import { type ToSupervisor, tagged } from '../protocol/messages.ts'
import { fromProcess } from '../protocol/received.ts'
import { Link } from './link.ts'

/** How many processes may speak at the same time. */
const MOST = 1000

/** A process to which so many bytes wait to be sent does not read. */
const MOST_UNREAD = 2 ** 20

/**
 * Where processes that are not the supervisor's own children reach it: one JSON message a line. Disconnects a process that
 * sends something else, or does not read.
 */
export class Control {
  readonly path: string
  readonly #server: Server

  constructor(
    path: string,
    told: {
      attached(link: Link): void
      received(link: Link, message: ToSupervisor): void
      detached(link: Link): void
    },
  ) {
    this.path = path
    this.#server = createServer((socket) => {
      const link = new Link(undefined, (message) => {
        if (socket.writableLength > MOST_UNREAD) socket.destroy()
        else socket.write(`${JSON.stringify(tagged(message))}\n`)
      })
      told.attached(link)
      const read = jsonLines({
        line: (value) => {
          if (socket.destroyed) return
          const message = fromProcess(value)
          if (message === undefined) socket.destroy()
          else told.received(link, message)
        },
        broken: () => socket.destroy(),
      })
      socket.setEncoding('utf8')
      socket.on('data', (text) => read(String(text)))
      socket.on('error', () => {})
      socket.once('close', () => told.detached(link))
    })
    this.#server.maxConnections = MOST
  }

  async open(): Promise<void> {
    const listening = once(this.#server, 'listening')
    this.#server.listen(this.path)
    await listening
    // Of an accept() that failed, since there are too many descriptors: the next may not.
    this.#server.on('error', () => {})
  }

  close(): void {
    this.#server.close()
  }
}
