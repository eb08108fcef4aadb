import { once } from 'node:events'
import type { Socket } from 'node:net'
import { type AnyServer, type CloseReport, type IdleShutdownOptions, IdleTracker } from '@idle-shutdown/core'
import {
  type Address,
  addressOf,
  Http2Client,
  type HttpClient,
  KeepAliveClient,
  ManualClock,
  openWebSocket,
  RawClient,
  type RawClientOptions,
  turns,
} from '@idle-shutdown/testing'
import { expect } from 'vitest'
import type { WebSocket } from 'ws'
import { answerTo, PendingRequests } from './pending-requests.ts'
import type { Idle, RunningServer, ServeOptions, Subject } from './subject.ts'

/**
 * Milliseconds. Long enough that several concurrent tests on a busy machine get a few turns of the event loop within
 * it.
 */
export const PATIENCE = 150

/** The context of one behaviour on one subject. Owns the server and the clients, and ends them. */
export class TestContext {
  readonly subject: Subject
  /** The requests that wait for the test to answer them. */
  readonly requests: PendingRequests = new PendingRequests()
  readonly #where: 'tcp' | 'unix'
  readonly #clients: { destroy(): void }[] = []
  readonly #cleanups: (() => unknown)[] = []
  #patience: unknown
  #server: RunningServer | undefined
  /** The sockets that the server has accepted, in order. */
  readonly #sockets: Socket[] = []
  #secured = 0
  #onAccepted = (): void => {}

  constructor(subject: Subject, where: 'tcp' | 'unix') {
    this.subject = subject
    this.#where = where
  }

  /**
   * Serves the requests with the patience of the suite. The first deadline is far away, so that a slow machine does not
   * end a server before its first client connects. Grace and the keep-alive timeout exceed a test's time limit, so a
   * test that waits for one of them fails.
   */
  async serve(options: IdleShutdownOptions = {}, prepare: ServeOptions['prepare'] = () => {}): Promise<Idle> {
    const all: IdleShutdownOptions = { patience: PATIENCE, startupPatience: '1h', grace: '5m', ...options }
    this.#patience = all.patience
    this.#server = await this.subject.serve(this.requests.handler, all, {
      where: this.#where,
      prepare: (server) => {
        if ('keepAliveTimeout' in server) server.keepAliveTimeout = 300_000
        server.on('connection', (socket: Socket) => {
          // Many behaviours break connections on purpose.
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
    return this.#server.idle
  }

  get idle(): Idle {
    return this.#running.idle
  }

  get server(): AnyServer {
    return this.#running.servers[0]
  }

  get address(): Address {
    return addressOf(this.server)
  }

  /** Waits until the server has accepted this many connections in total. */
  async accepted(count: number): Promise<void> {
    await this.#until(() => this.#sockets.length >= count)
  }

  /** Returns a client of the subject's protocol with one connection. */
  client(): HttpClient {
    const { address } = this
    const { secure, protocol } = this.subject
    const client = protocol === 'h2' ? new Http2Client(address, secure) : new KeepAliveClient(address, secure)
    this.#clients.push(client)
    return client
  }

  /** Opens a session. */
  async session(): Promise<Http2Client> {
    const client = await Http2Client.connect(this.address, this.subject.secure)
    this.#clients.push(client)
    return client
  }

  /** Returns a client that sends exact bytes, after the TLS handshake if the subject is secure. */
  async raw(options?: RawClientOptions): Promise<RawClient> {
    const [accepted, secured] = [this.#sockets.length, this.#secured]
    const client = await RawClient.connect(this.address, { secure: this.subject.secure, ...options })
    this.#clients.push(client)
    await this.#until(() => this.#sockets.length > accepted)
    if (this.subject.secure) await this.#until(() => this.#secured > secured)
    return client
  }

  /** Returns a client that sends exact bytes on a kept-alive connection, whose first request has been answered. */
  async keptConnection(): Promise<RawClient> {
    const client = await this.raw()
    await client.get('/now')
    await client.until(answerTo('/now'))
    return client
  }

  async websocket(path?: string): Promise<WebSocket> {
    const socket = await openWebSocket(this.address, this.subject.secure, path)
    this.defer(() => socket.terminate())
    return socket
  }

  /** Returns a clock that only the test moves. */
  stopTime(): ManualClock {
    return new ManualClock()
  }

  /**
   * Sends part of a request, and waits until the server has read some of it. The client must be the server's only one.
   */
  async sendPart(client: RawClient, text: string): Promise<void> {
    await this.hasRead(() => client.send(text))
  }

  /**
   * Waits until the server has read some bytes that `send` sends to a connection. The first accepted connection is 0.
   */
  async hasRead(send: () => Promise<void>, index = 0): Promise<void> {
    const socket = this.#sockets[index]
    const before = socket?.bytesRead
    await send()
    while (socket?.bytesRead === before) await turns(1)
  }

  /** Waits until the server's end of a connection has closed. The first accepted connection is 0, the last -1. */
  async disconnected(index: number): Promise<void> {
    const socket = this.#sockets.at(index)
    if (socket?.closed === false) await once(socket, 'close')
    // Node sets `closed` some turns before it emits 'close'.
    else await this.settle()
  }

  /** Waits for the turns of the event loop that a last look takes on an inactive server. */
  async settle(): Promise<void> {
    await turns()
  }

  /** Ends every client. */
  closeClients(): void {
    for (const client of this.#clients.splice(0)) client.destroy()
  }

  /** Runs `cleanup` when the behaviour is over, in reverse order. */
  defer(cleanup: () => unknown): void {
    this.#cleanups.push(cleanup)
  }

  /** Waits until the server has ended for lack of use, and returns the report. */
  async expectIdleEnd(): Promise<CloseReport> {
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

  /** Waits longer than the server waits without activity, and expects that it still runs. */
  async expectStillUp(): Promise<void> {
    await patiences(2)
    expect(this.idle.signal.aborted).toBe(false)
    expect(this.server.listening).toBe(true)
  }

  /**
   * Ends clients and server. Expects that nothing is counted any more and that `closed` resolves, for every behaviour.
   */
  async end(): Promise<void> {
    this.closeClients()
    for (const cleanup of this.#cleanups.reverse()) await cleanup()
    if (this.#server === undefined) return
    const { idle, stop } = this.#server
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

  get #running(): RunningServer {
    if (this.#server === undefined) throw new Error('Serve first')
    return this.#server
  }
}

/** Waits for `count` patiences with the event of an unused tracker, which uses the same clock as the server. */
export async function patiences(count: number): Promise<void> {
  const { signal } = new IdleTracker({ patience: PATIENCE * count })
  await once(signal, 'abort')
}
