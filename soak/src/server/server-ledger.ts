import type { Http2Session } from 'node:http2'
import type { Socket } from 'node:net'
import type { AnyServer } from '@idle-shutdown/core'
import { type Acceptance, now } from '../ledger/report.ts'
import type { Turns } from './turns.ts'

/** Records what reached a server in one cycle, and when the server ended it. Does not change the server's behaviour. */
export class ServerLedger {
  readonly accepted: Acceptance[] = []
  readonly handled: number[] = []
  listenerDown: number = Number.POSITIVE_INFINITY
  readonly #turns: Turns
  readonly #open = new Map<number, Acceptance>()

  constructor(turns: Turns) {
    this.#turns = turns
  }

  /** Watches a server that does not listen yet. */
  keep(server: AnyServer): void {
    server.prependListener('connection', (socket: Socket) => this.#accept(socket))
    server.prependListener('secureConnection', (socket: Socket) => this.#cutOf(socket))
    server.prependListener('session', (session: Http2Session) => this.#session(session))
    // Replaces `close` on this server until its cycle ends, since no event reports that a listener is about to close.
    const { close } = server
    server.close = (callback?: (error?: Error) => void) => {
      this.listenerDown = Math.min(this.listenerDown, this.#turns.before)
      return Reflect.apply(close, server, [callback])
    }
  }

  /** Records that the server is about to end the connection from this port. */
  cut(port: number | undefined): void {
    const acceptance = this.#open.get(port ?? 0)
    if (acceptance !== undefined) this.#cut(acceptance)
  }

  #accept(socket: Socket): void {
    const { remotePort: port } = socket
    // The client has already reset the connection.
    if (port === undefined) return
    const acceptance: Acceptance = { port, at: now() }
    this.accepted.push(acceptance)
    this.#open.set(port, acceptance)
    socket.once('close', () => {
      if (this.#open.get(port) === acceptance) this.#open.delete(port)
    })
    this.#cutOf(socket)
  }

  #cutOf(socket: Socket): void {
    const acceptance = this.#open.get(socket.remotePort ?? 0)
    if (acceptance === undefined) return
    for (const name of ['end', 'destroy'] as const) {
      const method = socket[name]
      const cutting = (...args: unknown[]): unknown => {
        this.#cut(acceptance)
        return Reflect.apply(method, socket, args)
      }
      Object.defineProperty(socket, name, { value: cutting, configurable: true, writable: true })
    }
  }

  /** Records the cut at `goaway()` or `close()`, after which a session accepts no further streams. */
  #session(session: Http2Session): void {
    const acceptance = this.#open.get(session.socket.remotePort ?? 0)
    if (acceptance === undefined) return
    const { close, goaway } = session
    session.goaway = (...args) => {
      this.#cut(acceptance)
      goaway.apply(session, args)
    }
    session.close = (callback) => {
      this.#cut(acceptance)
      close.call(session, callback)
    }
  }

  #cut(acceptance: Acceptance): void {
    acceptance.cut ??= this.#turns.before
  }
}
