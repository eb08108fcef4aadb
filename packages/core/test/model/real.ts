import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  createServer as createHttp2Server,
  type Http2ServerRequest,
  type Http2ServerResponse,
} from 'node:http2'
import { createServer as createNetServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { ManualClock, makeTempFolder, turns } from '@idle-shutdown/testing'
import { afterAll, expect } from 'vitest'
import { type IdleShutdown, idleShutdown, internals } from '../../src/idle-shutdown.ts'
import type { AnyServer } from '../../src/server/server.ts'
import type { Hold } from '../../src/tracker/hold.ts'
import { connectInMemory, type MemorySocket } from './memory-socket.ts'
import { type Model, PATIENCE, type Settings } from './model.ts'
import type { ModelServer } from './model-server.ts'

/** The folder of the unix sockets on which the servers listen. Clients do not connect there. */
const sockets = makeTempFolder(afterAll)

/** The turns of the event loop after which everything written has been read and answered. */
const SETTLED = 4

/** A time (ms) longer than any startup patience, and grace. */
const LONGEST = 10 * PATIENCE

/** The arguments of a handler. */
export type Exchange =
  | { readonly request: IncomingMessage; readonly response: ServerResponse }
  | { readonly request: Http2ServerRequest; readonly response: Http2ServerResponse }

/** Both ends of a connection. */
export interface Wire {
  readonly server: AnyServer
  readonly client: MemorySocket
  readonly accepted: MemorySocket
  session?: ClientHttp2Session
}

/**
 * The servers and the IdleShutdown under test: all real, except for time and the kernel. The model assigns the
 * numbers.
 */
export class Real {
  readonly clock = new ManualClock()
  readonly idle: IdleShutdown
  readonly servers = new Map<number, Server>()
  readonly wires = new Map<number, Wire>()
  readonly exchanges = new Map<number, Exchange>()
  readonly streams = new Map<number, ClientHttp2Stream>()
  readonly holds = new Map<number, Hold>()
  readonly work = new Map<number, (failed: boolean) => void>()
  readonly watches = new Map<number, Disposable[]>()
  aborts = 0
  endedAt: number | undefined
  readonly #began = { now: this.clock.time, date: this.clock.date() }
  readonly #handles: unknown = Reflect.get(process, '_getActiveHandles')

  constructor({ activity, upgrades, startupPatience }: Settings) {
    this.idle = idleShutdown([], {
      patience: PATIENCE,
      startupPatience,
      activity,
      upgrades,
      ignore: ({ url }) => url?.endsWith('ignored') === true,
      clock: this.clock,
    })
    this.idle.signal.addEventListener('abort', () => {
      this.aborts++
      this.endedAt = this.clock.time - this.#began.now
    })
    // Core reads the sockets of a server that is watched late from here.
    Reflect.set(process, '_getActiveHandles', () => [...this.wires.values()].map(({ accepted }) => accepted))
  }

  /** The deadline in ms of wall-clock time since the start. */
  get deadline(): number | undefined {
    const deadline = this.idle.tracker.deadline?.getTime()
    return deadline === undefined ? undefined : deadline - this.#began.date
  }

  add({ kind, number }: Pick<ModelServer, 'kind' | 'number'>): void {
    const server =
      kind === 'http'
        ? createServer((request, response) => this.#handle({ request, response }))
        : kind === 'http2'
          ? createHttp2Server((request, response) => this.#handle({ request, response }))
          : createNetServer({ allowHalfOpen: true }, keepUntilFin)
    if (kind === 'http') {
      server.on('upgrade', (_request, socket: Socket) => {
        keepUntilFin(socket)
        socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n')
      })
    }
    this.servers.set(number, server)
  }

  listen(number: number): void {
    this.server(number).listen(join(sockets, String(number)))
  }

  server(number: number): Server {
    return found(this.servers, number)
  }

  watch(number: number): void {
    const undos = this.watches.get(number) ?? []
    undos.push(this.idle.watch(this.server(number)))
    this.watches.set(number, undos)
  }

  unwatch(number: number): void {
    this.watches.get(number)?.pop()?.[Symbol.dispose]()
  }

  connect(number: number, server: number): void {
    this.wires.set(number, { server: this.server(server), ...connectInMemory(this.server(server)) })
  }

  wire(number: number): Wire {
    return found(this.wires, number)
  }

  exchange(number: number): Exchange {
    return found(this.exchanges, number)
  }

  disconnect(number: number, how: 'reset' | 'fin'): void {
    const { client, session } = this.wire(number)
    if (session !== undefined) session.destroy()
    else if (how === 'reset') client.reset()
    else client.end()
    this.wires.delete(number)
  }

  /** Waits until everything that is on its way has arrived. */
  async settle(): Promise<void> {
    await turns(SETTLED)
  }

  /** Ends all activities and lets time pass. Expects the end to follow, once, and to leave nothing behind. */
  async end(model: Model): Promise<void> {
    const { tracker, closed } = this.idle
    await this.leave()
    expect(tracker.explain()).toMatchObject({ active: 0, ignored: 0, reasons: [] })
    if (model.clock.state === 'paused') return
    await this.clock.advance(LONGEST)
    expect(this.aborts).toBe(1)
    const outcome = await Promise.race([closed, turns(20)])
    expect(outcome, 'the report').toHaveProperty('duration')
    internals(this.idle).cancelStillRunningWarning()
    expect(this.clock.timers).toBe(0)
  }

  /** Ends everything in progress: disconnects the clients, and cancels all holds. */
  async leave(): Promise<void> {
    for (const number of [...this.wires.keys()]) this.disconnect(number, 'reset')
    for (const hold of this.holds.values()) hold.cancel()
    for (const settle of this.work.values()) settle(false)
    await this.settle()
  }

  /** Closes the servers that the IdleShutdown has not closed, since it does not watch them. */
  async dispose(): Promise<void> {
    await this.leave()
    await this.idle.close()
    for (const server of this.servers.values()) server.close()
    await this.settle()
    Reflect.set(process, '_getActiveHandles', this.#handles)
  }

  #handle(exchange: Exchange): void {
    exchange.response.on('error', () => {})
    const number = /\d+/.exec(exchange.request.url ?? '')
    this.exchanges.set(Number(number?.[0]), exchange)
  }
}

/** Handles an upgraded socket, or a socket of a net server. */
function keepUntilFin(socket: Socket): void {
  socket.on('error', () => {})
  socket.on('end', () => socket.end())
  socket.resume()
}

export function found<T>(map: ReadonlyMap<number, T>, number: number): T {
  const value = map.get(number)
  if (value === undefined) throw new Error(`There is no number ${number}`)
  return value
}
