import { once } from 'node:events'
import type { Socket } from 'node:net'
import { type AnyServer, type CloseReport, type IdleShutdownOptions, IdleTracker } from '@idle-shutdown/core'
import { expect } from 'vitest'
import type { WebSocket } from 'ws'
import { type Address, addressOf } from './address.ts'
import { Calls, turn } from './calls.ts'
import type { HttpClient } from './clients/http-client.ts'
import { Http2Client } from './clients/http2-client.ts'
import { KeepAliveClient } from './clients/keep-alive-client.ts'
import { RawClient, type RawClientOptions } from './clients/raw-client.ts'
import { openWebSocket } from './clients/websocket-client.ts'
import { StoppedClock } from './stopped-clock.ts'
import type { Idle, Served, Serving, Subject } from './subject.ts'

/** Milliseconds. Several tests wait for it at once, so that it need not be shorter than what a busy machine takes for a few turns. */
export const PATIENCE = 150

/** One behaviour being tried on one subject: its server, its clients, and their end. */
export class Trial {
  readonly subject: Subject
  /** The requests that wait for the test to answer them. */
  readonly calls: Calls = new Calls()
  readonly #where: 'tcp' | 'unix'
  readonly #clients: { destroy(): void }[] = []
  readonly #cleanups: (() => unknown)[] = []
  #patience: unknown
  #served: Served | undefined
  /** The sockets that the server has accepted, in order. */
  readonly #sockets: Socket[] = []
  #secured = 0
  #onAccepted = (): void => {}

  constructor(subject: Subject, where: 'tcp' | 'unix') {
    this.subject = subject
    this.#where = where
  }

  /**
   * Serves the calls with the patience of the suite. The first deadline is far away, so that a slow machine does not end a
   * server before its first client is there. Grace and the keep-alive timeout are longer than a test may take: what waits for
   * one of them fails.
   */
  async serve(options: IdleShutdownOptions = {}, prepare: Serving['prepare'] = () => {}): Promise<Idle> {
    const all = { patience: PATIENCE, startupPatience: '1h', grace: '5m', ...options }
    this.#patience = all.patience
    this.#served = await this.subject.serve(this.calls.handler, all, {
      where: this.#where,
      prepare: (server) => {
        if ('keepAliveTimeout' in server) server.keepAliveTimeout = 300_000
        server.on('connection', (socket: Socket) => {
          // A connection that breaks is often what is tried.
          socket.on('error', () => {})
          this.#sockets.push(socket)
          this.#onAccepted()
        })
        server.on('secureConnection', () => {
          this.#secured++
          this.#onAccepted()
        })
        prepare(server)
      },
    })
    return this.#served.idle
  }

  get idle(): Idle {
    return this.#theServed.idle
  }

  get server(): AnyServer {
    return this.#theServed.servers[0]
  }

  get address(): Address {
    return addressOf(this.server)
  }

  /** Waits until this many connections have been accepted since the server began. */
  async accepted(count: number): Promise<void> {
    await this.#until(() => this.#sockets.length >= count)
  }

  /** A client of the subject's protocol, with one connection. */
  client(): HttpClient {
    const { address } = this
    const { secure, protocol } = this.subject
    const client = protocol === 'h2' ? new Http2Client(address, secure) : new KeepAliveClient(address, secure)
    this.#clients.push(client)
    return client
  }

  /** A session that is open. */
  async session(): Promise<Http2Client> {
    const client = await Http2Client.connect(this.address, this.subject.secure)
    this.#clients.push(client)
    return client
  }

  /** A client that says every byte, after the TLS handshake where there is one. */
  async raw(options?: RawClientOptions): Promise<RawClient> {
    const [accepted, secured] = [this.#sockets.length, this.#secured]
    const client = await RawClient.connect(this.address, { secure: this.subject.secure, ...options })
    this.#clients.push(client)
    await this.#until(() => this.#sockets.length > accepted)
    if (this.subject.secure) await this.#until(() => this.#secured > secured)
    return client
  }

  async websocket(path?: string): Promise<WebSocket> {
    const socket = await openWebSocket(this.address, this.subject.secure, path)
    this.defer(() => socket.terminate())
    return socket
  }

  /** Time that moves when told to. */
  stopTime(): StoppedClock {
    return new StoppedClock()
  }

  /** Sends bytes that are no whole request, and waits until the server, whose only client this is, has read some. */
  async sendPart(client: RawClient, text: string): Promise<void> {
    await this.hasRead(() => client.send(text))
  }

  /** Waits until the server has read some of what `send` sends to a connection: the first accepted is 0. */
  async hasRead(send: () => Promise<void>, index = 0): Promise<void> {
    const socket = this.#sockets[index]
    const before = socket?.bytesRead
    await send()
    while (socket?.bytesRead === before) await turn()
  }

  /** Waits until the server's end of a connection has closed: the first accepted is 0, the last -1. */
  async disconnected(index: number): Promise<void> {
    const socket = this.#sockets.at(index)
    if (socket?.closed === false) await once(socket, 'close')
    // It is `closed` some moments before it says so.
    else await this.lookedAt()
  }

  /** Gives the event loop the turns that a last look takes on a server on which nothing happens. */
  async lookedAt(): Promise<void> {
    for (let turns = 0; turns < 12; turns++) await turn()
  }

  /** Ends every client. */
  leave(): void {
    for (const client of this.#clients.splice(0)) client.destroy()
  }

  /** Runs `cleanup` when the trial is over, last come first. */
  defer(cleanup: () => unknown): void {
    this.#cleanups.push(cleanup)
  }

  /** Waits until the server has ended because nobody used it, and gives the report. */
  async fires(): Promise<CloseReport> {
    const { signal, closed } = this.idle
    if (!signal.aborted) await once(signal, 'abort')
    expect(signal.reason).toMatchObject({
      name: 'IdleTimeoutError',
      code: 'ERR_IDLE_TIMEOUT',
      patience: this.#patience,
    })
    const report = await closed
    expect(report.reason).toBe(signal.reason)
    expect(this.server.listening).toBe(false)
    return report
  }

  /** Waits longer than the server would without activity, and makes sure that it is still there. */
  async stays(): Promise<void> {
    await patiences(2)
    expect(this.idle.signal.aborted).toBe(false)
    expect(this.server.listening).toBe(true)
  }

  /** Ends clients and server. Whatever a behaviour did, nothing is counted any more, and `closed` resolves. */
  async end(): Promise<void> {
    this.leave()
    for (const cleanup of this.#cleanups.reverse()) await cleanup()
    if (this.#served === undefined) return
    const { idle, stop } = this.#served
    const { tracker } = idle
    const report = await idle.close()
    await stop()
    expect(report.duration).toBeGreaterThanOrEqual(0)
    expect(tracker.explain()).toMatchObject({ active: 0, ignored: 0, reasons: [] })
  }

  async #until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      await new Promise<void>((resolve) => {
        this.#onAccepted = resolve
      })
    }
  }

  get #theServed(): Served {
    if (this.#served === undefined) throw new Error('Serve first')
    return this.#served
  }
}

/** Lets patiences pass, measured by a tracker that nobody uses: an event, and the same clock. */
export async function patiences(count: number): Promise<void> {
  const { signal } = new IdleTracker({ patience: PATIENCE * count })
  await once(signal, 'abort')
}
