import { AsyncResource } from 'node:async_hooks'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2'
import { type Carrier, carriedBy } from './connection/carrier.ts'
import { discover, withoutChannels } from './discovery.ts'
import type { CloseReport } from './drain.ts'
import { warn } from './errors.ts'
import { adoptRequest, IdleShutdown, livesOn } from './idle-shutdown.ts'
import type { IdleTracker } from './idle-tracker.ts'
import type { IdleShutdownOptions } from './options.ts'
import { addresses, searchAgain, seek } from './seeking.ts'
import type { AnyServer } from './server.ts'

/**
 * The idle shutdown of an app, whose servers come and go: for adapters.
 *
 * It finds the servers that the app handles when they begin to listen. An app that is served again after an end (supertest
 * makes and closes a server for every request) starts anew: each member is that of the living {@link IdleShutdown}.
 */
export class AppShutdown {
  readonly #options: IdleShutdownOptions | undefined
  readonly #context = new AsyncResource('AppShutdown')
  #current: IdleShutdown
  /** While no server of the app was found. */
  #stopSeeking: (() => void) | undefined
  #hasServed = false

  /** @throws IdleUsageError for wrong options, at once and not when a server listens */
  constructor(options?: IdleShutdownOptions) {
    this.#current = new IdleShutdown([], options)
    this.#options = options && { ...options }
  }

  get tracker(): IdleTracker {
    return this.#current.tracker
  }

  get signal(): AbortSignal {
    return this.#current.tracker.signal
  }

  get closed(): Promise<CloseReport> {
    return this.#current.closed
  }

  /** Watches a server by hand, and starts anew where the end has come. See {@link IdleShutdown.watch}. */
  watch(server: AnyServer): Disposable {
    const watching = this.#watch(server)
    this.#hasServed = true
    this.#stopSeeking?.()
    return watching
  }

  #watch(server: AnyServer): Disposable {
    if (!this.signal.aborted) return this.#current.watch(server)
    livesOn(this.#current)
    this.#current = this.#make([])
    if (!this.signal.aborted) return this.#current.watch(server)
    // A parent that has aborted closes whatever listens.
    this.#current = this.#make(server)
    return { [Symbol.dispose]() {} }
  }

  /** In the context in which the app was made: that of a request, by which a server is found, would be held for good. */
  #make(servers: ConstructorParameters<typeof IdleShutdown>[0]): IdleShutdown {
    return this.#context.runInAsyncScope(() => new IdleShutdown(servers, this.#options))
  }

  ignore(request: IncomingMessage | Http2ServerRequest): void {
    this.#current.ignore(request)
  }

  /** Ends a response with the signal of the living. See {@link IdleShutdown.endOnIdle}. */
  get endOnIdle(): IdleShutdown['endOnIdle'] {
    return this.#current.endOnIdle.bind(this.#current)
  }

  /**
   * Drains now. See {@link IdleShutdown.close}. If no server of the app was found, those that listen unwatched are searched again, and
   * a process warning names those that are left.
   */
  close(reason?: unknown): Promise<CloseReport> {
    if (!this.#hasServed && !this.signal.aborted) this.#nameStrangers()
    this.#stopSeeking?.()
    // A test closes its app, and goes on.
    if (!this.signal.aborted) livesOn(this.#current)
    return this.#current.close(reason)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  /** Names servers that the app may serve in a process warning, until one of its own is found. */
  seek(): void {
    if (!this.#hasServed) this.#stopSeeking ??= seek(this)
  }

  /** Watches every server that listens and whose 'request' listeners are, or lead to, `handler`. Returns the undo. */
  serves(handler: object): () => void {
    this.seek()
    return discover(handler, (server) => this.watch(server))
  }

  /** On Bun, watches what the app's own `listen()` returns. Elsewhere it does nothing: {@link serves} finds these servers. */
  listens(app: object): void {
    const listen: unknown = Reflect.get(app, 'listen')
    if (!withoutChannels || typeof listen !== 'function') return
    const watch = (server: AnyServer): unknown => this.watch(server)
    Reflect.set(app, 'listen', function (this: unknown, ...args: unknown[]) {
      const server = listen.apply(this, args)
      watch(server)
      return server
    })
  }

  /**
   * Watches the server that a request came to, unless it is watched: for servers whose listener only calls the handler. A
   * request that was injected has no server.
   */
  adopt(request: IncomingMessage | Http2ServerRequest, response: ServerResponse | Http2ServerResponse): void {
    const carrier: Carrier | undefined = 'stream' in request ? request.stream : request.socket
    if (carrier === undefined || carriedBy(carrier) !== undefined) return
    const server: unknown = Reflect.get(request.socket, 'server')
    if (!isListening(server)) return
    this.watch(server)
    adoptRequest(this.#current, request, response)
  }

  #nameStrangers(): void {
    const left = searchAgain()
    if (this.#hasServed || left.length === 0) return
    warn(
      'IDLE_SERVER_UNKNOWN',
      `close() closes no server, since none of this app was found, and ${addresses(left)} goes on listening. If it serves the app, call watch(server) before`,
    )
  }
}

/** What the middleware of an adapter carries: the members of the living {@link IdleShutdown}. */
export type IdleMembers = Pick<
  IdleShutdown,
  'tracker' | 'signal' | 'closed' | 'watch' | 'ignore' | 'endOnIdle' | 'close'
> &
  AsyncDisposable

/** Gives `middleware` the members of `shutdown`. */
export function withMembers<T extends object>(middleware: T, shutdown: AppShutdown): T & IdleMembers {
  const members: Record<keyof IdleMembers, PropertyDescriptor> = {
    tracker: { get: () => shutdown.tracker },
    signal: { get: () => shutdown.signal },
    closed: { get: () => shutdown.closed },
    watch: { value: shutdown.watch.bind(shutdown) },
    ignore: { value: shutdown.ignore.bind(shutdown) },
    endOnIdle: { get: () => shutdown.endOnIdle },
    close: { value: shutdown.close.bind(shutdown) },
    [Symbol.asyncDispose]: { value: shutdown[Symbol.asyncDispose].bind(shutdown) },
  }
  // Getters, so that an app that is served again shows its new life; types cannot follow defineProperties.
  return Object.defineProperties(middleware, members) as T & IdleMembers
}

function isListening(server: unknown): server is AnyServer {
  return typeof server === 'object' && server !== null && 'listening' in server && server.listening === true
}
