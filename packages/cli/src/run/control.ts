import { once } from 'node:events'
import { createServer, type Server } from 'node:net'
import { lines, type ToSupervisor, tagged, untagged } from '../protocol/messages.ts'
import { Link } from './link.ts'

/** Where processes that are not the supervisor's own children reach it: one JSON message a line. */
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
      const link = new Link(undefined, (message) => socket.write(`${JSON.stringify(tagged(message))}\n`))
      told.attached(link)
      const read = lines((line) => {
        const message = untagged<ToSupervisor>(JSON.parse(line))
        if (message !== undefined) told.received(link, message)
      })
      socket.setEncoding('utf8')
      socket.on('data', (text) => read(String(text)))
      socket.on('error', () => {})
      socket.once('close', () => told.detached(link))
    })
  }

  async open(): Promise<void> {
    const listening = once(this.#server, 'listening')
    this.#server.listen(this.path)
    await listening
  }

  close(): void {
    this.#server.close()
  }
}
