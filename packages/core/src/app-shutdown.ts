import { AsyncResource } from 'node:async_hooks'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2'
import type { CloseReport } from './closing/close-report.ts'
import type { EndCallback } from './closing/end-callbacks.ts'
import { type Attachable, firstConnectionOn } from './connection/connection.ts'
import { serverOf } from './connection/node-internals.ts'
import { IdleUsageError, warn } from './errors.ts'
import { IdleShutdown, internals } from './idle-shutdown.ts'
import type { NoArgument } from './no-argument.ts'
import type { Duration, IdleShutdownOptions, StreamCount } from './options.ts'
import { discover, withoutChannels } from './server/discovery.ts'
import { addresses, searchAgain, seek } from './server/seeking.ts'
import type { AnyServer } from './server/server.ts'
import type { IdleTracker } from './tracker/idle-tracker.ts'

/**
 * The idle shutdown of an app, which may have other servers later. For adapters.
 *
 * Finds the servers that the app handles when they start to listen.
 *
 * An app that is served again after an end starts again with a new {@link IdleShutdown}. For example, supertest makes
 * and closes a server for each request. Each member is that of the current {@link IdleShutdown}.
 */
export class AppShutdown {
  readonly #options: IdleShutdownOptions | undefined
  readonly #context = new AsyncResource('AppShutdown')
  #current: IdleShutdown
  /** Defined while no server of the app has been found. */
  #stopSeeking: (() => void) | undefined
  #hasServed = false
  /** The calls that are made again for each {@link IdleShutdown}. */
  readonly #registrations = new Set<Registration>()

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

  /** Watches a server. After an end, starts again with a new {@link IdleShutdown}. See {@link IdleShutdown.watch}. */
  watch(server: AnyServer): Disposable {
    const watching = this.#watch(server)
    this.#hasServed = true
    this.#stopSeeking?.()
    return watching
  }

  #watch(server: AnyServer): Disposable {
    if (!this.signal.aborted) return this.#current.watch(server)
    internals(this.#current).cancelStillRunningWarning()
    this.#current = this.#make([])
    const isEnding = this.signal.aborted
    // A parent signal that has aborted closes each server that listens.
    if (isEnding) this.#current = this.#make(server)
    for (const each of this.#registrations) each.undo = each.register(this.#current)
    return isEnding ? { [Symbol.dispose]() {} } : this.#current.watch(server)
  }

  /**
   * Makes an {@link IdleShutdown} in the asynchronous context of the app. The context of the request that shows a
   * server would be retained.
   */
  #make(servers: ConstructorParameters<typeof IdleShutdown>[0]): IdleShutdown {
    return this.#context.runInAsyncScope(() => new IdleShutdown(servers, this.#options))
  }

  /** See {@link IdleShutdown.ignoreRequest}. */
  ignoreRequest(request: IncomingMessage | Http2ServerRequest, ...rest: NoArgument[]): void {
    this.#current.ignoreRequest(request, ...rest)
  }

  /** See {@link IdleShutdown.countStream}. */
  countStream(request: IncomingMessage | Http2ServerRequest, how: StreamCount): void {
    this.#current.countStream(request, how)
  }

  /** Ends a response on the signal of the current {@link IdleShutdown}. See {@link IdleShutdown.endOnIdle}. */
  get endOnIdle(): IdleShutdown['endOnIdle'] {
    return this.#current.endOnIdle.bind(this.#current)
  }

  /**
   * Awaits `callback` at each end of the app. See {@link IdleShutdown.beforeEnd}.
   *
   * Returns undefined, and keeps nothing for later ends, if the callbacks of the current end have begun.
   */
  beforeEnd(callback: EndCallback): Disposable | undefined {
    return this.#register((idle) => idle.beforeEnd(callback))
  }

  /**
   * Calls `release` whenever the app has not been used for `after`. See {@link IdleShutdown.onQuiet}.
   *
   * Waits again when an app is served again after an end. Does not call a function that `release` returned before.
   */
  onQuiet(after: Duration, release: () => unknown): Disposable {
    return this.#register((idle) => idle.onQuiet(after, release))
  }

  /** Makes a call for each {@link IdleShutdown}, beginning with the current one, unless that returns undefined. */
  #register<T extends Disposable | undefined>(register: (idle: IdleShutdown) => T): T | Disposable {
    const undo = register(this.#current)
    if (undo === undefined) return undo
    const registration: Registration = { register, undo }
    this.#registrations.add(registration)
    return {
      [Symbol.dispose]: () => {
        this.#registrations.delete(registration)
        registration.undo?.[Symbol.dispose]()
      },
    }
  }

  /**
   * Drains now. See {@link IdleShutdown.close}.
   *
   * If no server of the app was found, searches those that listen unwatched again. A process warning names those that
   * are left.
   */
  close(reason?: unknown): Promise<CloseReport> {
    if (!this.#hasServed && !this.signal.aborted) this.#nameUnwatched()
    this.#stopSeeking?.()
    // A test closes its app, and its process goes on.
    if (!this.signal.aborted) internals(this.#current).cancelStillRunningWarning()
    return this.#current.close(reason)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  /** Names servers that the app may serve in a process warning, until a server of the app is found. */
  seek(): void {
    if (!this.#hasServed) this.#stopSeeking ??= seek(this)
  }

  /**
   * Watches each server that listens and has a 'request' listener that is, or leads to, `handler`. Returns the undo.
   */
  watchHandler(handler: object): () => void {
    this.seek()
    return discover(handler, (server) => this.watch(server))
  }

  /** Adds the property `idleSignal` to `target`: the signal of the current {@link IdleShutdown}. */
  exposeSignal(target: object): void {
    Object.defineProperty(target, 'idleSignal', { get: () => this.signal, enumerable: true, configurable: true })
  }

  /**
   * On Bun, watches the server that the app's own `listen()` returns. Elsewhere does nothing, since
   * {@link watchHandler} finds these servers.
   */
  wrapListen(app: object): void {
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
   * Watches the server of a request, unless it is watched. For servers whose listener only calls the handler.
   *
   * An injected request has no server.
   */
  adopt(request: IncomingMessage | Http2ServerRequest, response: ServerResponse | Http2ServerResponse): void {
    const socket: Attachable | undefined = 'stream' in request ? request.stream : request.socket
    if (socket === undefined || firstConnectionOn(socket) !== undefined) return
    const server = serverOf(request.socket)
    if (!isListening(server)) return
    this.watch(server)
    internals(this.#current).adoptRequest(request, response)
  }

  #nameUnwatched(): void {
    const left = searchAgain()
    if (this.#hasServed || left.length === 0) return
    warn(
      'IDLE_SERVER_UNKNOWN',
      `close() closes no server, since none of this app was found, and ${addresses(left)} goes on listening. If it serves the app, call watch(server) before`,
    )
  }
}

/** A call of the app, and its undo at the current {@link IdleShutdown}. */
interface Registration {
  readonly register: (idle: IdleShutdown) => Disposable | undefined
  undo: Disposable | undefined
}

/** The apps that have an idle shutdown. */
const registered = new WeakSet<object>()

/** Reports whether an app has an idle shutdown. For adapters. */
export function isRegistered(app: object): boolean {
  return registered.has(app)
}

/** Throws `ERR_IDLE_ALREADY_REGISTERED` if an app has an idle shutdown. For adapters. */
export function checkUnregistered(app: object): void {
  if (registered.has(app)) throw alreadyRegistered()
}

/** Registers an app. Throws `ERR_IDLE_ALREADY_REGISTERED` if the app has an idle shutdown. For adapters. */
export function register(app: object): void {
  checkUnregistered(app)
  registered.add(app)
}

/** Returns the error for a second registration on one app. For adapters. */
export function alreadyRegistered(): IdleUsageError {
  return new IdleUsageError(
    'ERR_IDLE_ALREADY_REGISTERED',
    '"app" must be an app without idle shutdown. Received one that has it. Register it once',
  )
}

/** The members of the middleware of an adapter: those of the current {@link IdleShutdown}. */
export type IdleMembers = Pick<
  IdleShutdown,
  | 'tracker'
  | 'signal'
  | 'closed'
  | 'watch'
  | 'ignoreRequest'
  | 'countStream'
  | 'endOnIdle'
  | 'beforeEnd'
  | 'onQuiet'
  | 'close'
> &
  AsyncDisposable

/** Adds the members of `shutdown` to `middleware`. Returns `middleware`. */
export function withMembers<T extends object>(middleware: T, shutdown: AppShutdown): T & IdleMembers {
  const members: Record<keyof IdleMembers, PropertyDescriptor> = {
    tracker: { get: () => shutdown.tracker },
    signal: { get: () => shutdown.signal },
    closed: { get: () => shutdown.closed },
    watch: { value: shutdown.watch.bind(shutdown) },
    ignoreRequest: { value: shutdown.ignoreRequest.bind(shutdown) },
    countStream: { value: shutdown.countStream.bind(shutdown) },
    endOnIdle: { get: () => shutdown.endOnIdle },
    beforeEnd: { value: shutdown.beforeEnd.bind(shutdown) },
    onQuiet: { value: shutdown.onQuiet.bind(shutdown) },
    close: { value: shutdown.close.bind(shutdown) },
    [Symbol.asyncDispose]: { value: shutdown[Symbol.asyncDispose].bind(shutdown) },
  }
  // Getters, so that an app that is served again shows its new IdleShutdown. Types cannot follow defineProperties.
  return Object.defineProperties(middleware, members) as T & IdleMembers
}

function isListening(server: unknown): server is AnyServer {
  return typeof server === 'object' && server !== null && 'listening' in server && server.listening === true
}
