import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2'
import { type CloseReport, Drain } from './closing/drain.ts'
import { type Closable, type Endable, OpenResponses } from './closing/open-responses.ts'
import { StillRunningWarning, serverOpened, watchWorkers } from './closing/still-running.ts'
import { ignoreRequest } from './connection/ignore-request.ts'
import { IdleUsageError, showValue } from './errors.ts'
import { type IdleShutdownOptions, type ShutdownSettings, shutdownSettings } from './options.ts'
import { type AnyHttpServer, type AnyServer, checkServer, isHttp1, isHttp2 } from './server/server.ts'
import { ServerGroup } from './server/server-group.ts'
import { ServerWatch, type Shutdown } from './server/server-watch.ts'
import { type IdleTracker, observe, pausedTracker, type TrackerControls } from './tracker/idle-tracker.ts'

/**
 * Closes servers without losing a request when none of them has been used for the patience, so that the process can end
 * by itself.
 *
 * Does not end the process. Stop everything else that keeps the process alive on the idle signal.
 *
 * @throws IdleUsageError `ERR_IDLE_INVALID_SERVER`, `ERR_IDLE_INVALID_ACTIVITY`, `ERR_IDLE_UNKNOWN_OPTION`,
 *   `ERR_IDLE_INVALID_OPTION`, `ERR_IDLE_INVALID_DURATION`
 */
export function idleShutdown(
  servers: AnyHttpServer | Iterable<AnyHttpServer>,
  options?: IdleShutdownOptions,
): IdleShutdown
export function idleShutdown(
  servers: AnyServer | Iterable<AnyServer>,
  options?: IdleShutdownOptions & { activity?: 'connections' },
): IdleShutdown
export function idleShutdown(servers: AnyServer | Iterable<AnyServer>, options?: IdleShutdownOptions): IdleShutdown {
  return new IdleShutdown(servers, options)
}

/** Returns the private parts of an {@link IdleShutdown}, for adapters and for the preload. */
export let internals: (idle: IdleShutdown) => Internals

declare const kNone: unique symbol

/**
 * The type of no value. TypeScript refuses a function with such a parameter as a handler, also without `strict`, where
 * `never` fits every parameter.
 */
export interface NoArgument {
  readonly [kNone]: never
}

/** The parts of an {@link IdleShutdown} that only this family has. */
export interface Internals {
  /** Resolves when an end has been decided and no listener accepts connections any more. */
  readonly listenersClosed: Promise<void>
  /** Cancels the warning `IDLE_STILL_RUNNING`, since the process goes on by intent. */
  cancelStillRunningWarning(): void
  /** Removes the time limit of `confirm`, which is then asked once. An activity meanwhile still counts. */
  waitForConfirm(): void
  /**
   * Makes a drain end upgraded sockets as soon as it has begun, even those that count. Flushes what was written, then
   * sends FIN.
   *
   * For the preload, since an unmodified program has no listener that would end them.
   */
  endUpgrades(): void
  /** Counts a request that began before its server was watched. */
  adoptRequest(request: IncomingMessage | Http2ServerRequest, response: ServerResponse | Http2ServerResponse): void
}

/**
 * Watches several servers under one clock, and closes them when they are idle.
 *
 * The clock stands still until the first server listens. A shutdown ends once: when the deadline passes, when the
 * parent signal aborts, when `close()` is called, or when the user has closed all servers.
 */
export class IdleShutdown implements AsyncDisposable {
  readonly tracker: IdleTracker
  /** Resolves when all servers are closed, all sockets are closed and all holds have ended. Never rejects. */
  readonly closed: Promise<CloseReport>
  readonly #end: TrackerControls['end']
  readonly #servers = new ServerGroup()
  readonly #drain: Drain
  readonly #shutdown: Shutdown
  readonly #responses: OpenResponses
  readonly #warning = new StillRunningWarning()
  /** `true` if the user has closed all servers, which was the end. */
  #closedByUser = false

  constructor(servers: AnyServer | Iterable<AnyServer>, options?: IdleShutdownOptions) {
    const settings = shutdownSettings(options)
    const list = isIterable(servers) ? [...servers] : [servers]
    for (const server of list) check(server, settings)
    watchWorkers()

    this.tracker = pausedTracker(settings.tracker)
    const { countdown, end } = observe(this.tracker, {
      servers: this.#servers,
      holdEnded: () => this.#drain.check(),
      end: (by, abort) => {
        this.#warning.decided(by)
        this.#drain.end(by === 'idle', abort)
      },
    })
    this.#end = end
    this.#responses = new OpenResponses(this.signal)
    this.#drain = new Drain(this.#servers, countdown, settings.grace)
    this.closed = this.#drain.closed
    this.#shutdown = {
      countdown,
      settings,
      drain: this.#drain,
      onServerOpened: (watch) => this.#serverOpened(watch),
      onServerClosed: (watch) => this.#serverClosed(watch),
    }
    void this.closed.then(() => this.#detach())

    const watchAll = (): void => {
      for (const server of list) this.#servers.watch(server, this.#shutdown)
    }
    if (this.signal.aborted) {
      // The parent had aborted before: each server closes as soon as it listens.
      this.#drain.end(false, () => {
        watchAll()
        return this.signal.reason
      })
    } else {
      watchAll()
    }
  }

  /** The idle signal, the same as the tracker's. Aborts when the end is decided. */
  get signal(): AbortSignal {
    return this.tracker.signal
  }

  /**
   * Watches one more server under the same clock, listening or not. A server that is watched twice counts once.
   *
   * Returns the undo. The last undo stops counting everything that is in progress on the server.
   *
   * @throws IdleUsageError `ERR_IDLE_INVALID_SERVER`, `ERR_IDLE_INVALID_ACTIVITY`, and `ERR_IDLE_ENDED` after the end
   */
  watch(server: AnyServer): Disposable {
    check(server, this.#shutdown.settings)
    if (this.#drain.begun) {
      const message = 'watch() must be called before the end. Received a server after it. Make a new IdleShutdown'
      throw new IdleUsageError('ERR_IDLE_ENDED', message)
    }
    const watch = this.#servers.watch(server, this.#shutdown)
    let undone = false
    return {
      [Symbol.dispose]: () => {
        if (undone) return
        undone = true
        if (--watch.references > 0) return
        this.#servers.remove(watch)
        this.#drain.check()
      },
    }
  }

  /**
   * Marks a request in progress as ignored: it suspends the end until it is answered, and does not renew the deadline.
   *
   * Does nothing for a request that is answered, or of a server that is not watched here. Is not a handler, and calls
   * no `next()`: a route takes the middleware `idle.ignored` of an adapter.
   *
   * @throws IdleUsageError `ERR_IDLE_INVALID_OPTION` if it is called as a handler, with further arguments
   */
  ignoreRequest(request: IncomingMessage | Http2ServerRequest, ...rest: NoArgument[]): void {
    if (rest.length > 0) {
      throw new IdleUsageError(
        'ERR_IDLE_INVALID_OPTION',
        `"ignoreRequest" must be called with a request only. Received ${rest.length + 1} arguments, as a handler does. Pass the middleware idle.ignored to a route, or call ignoreRequest(request) in a handler`,
      )
    }
    ignoreRequest(request, (context) => context instanceof ServerWatch && this.#servers.has(context))
  }

  /**
   * Ends a response that stays open, such as a stream of events, when the idle signal aborts. Calls `end(response)`, by
   * default `response.end()`.
   *
   * If the signal has aborted already, ends the response later in the same turn of the event loop. Leaves a response
   * alone that has ended by then. Keeps no reference to a response that has closed.
   *
   * Does not count, since an open response is active anyway.
   *
   * An `end` that throws or rejects becomes the process warning `IDLE_LISTENER_FAILED`.
   *
   * @param response a response of HTTP/1 or HTTP/2, or any other stream. With Fastify `reply.raw`, with Koa `ctx.res`
   * @returns the undo, after which the response is yours to end
   * @throws IdleUsageError `ERR_IDLE_INVALID_RESPONSE`, and `ERR_IDLE_INVALID_OPTION` for an `end` that is not a
   *   function
   */
  endOnIdle(response: Endable): Disposable
  endOnIdle<T extends Closable>(response: T, end: (response: T) => unknown): Disposable
  endOnIdle<T extends Closable>(response: T, end?: (response: T) => unknown): Disposable {
    return this.#responses.add(response, end)
  }

  /**
   * Drains now. The signal aborts with the reason, else with an AbortError. The listeners close once all queued
   * connections are accepted.
   *
   * Returns {@link IdleShutdown.closed}. A second call, or a call after the end, changes nothing.
   */
  close(reason?: unknown): Promise<CloseReport> {
    this.#end(reason)
    return this.closed
  }

  /** Drains, and resolves when everything is closed. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  /** Handles a server that listens or is given a connection. */
  #serverOpened(watch: ServerWatch): void {
    // The server listens again before the end that its close() caused is over. Leave it to a later watch.
    if (this.#closedByUser) this.#servers.remove(watch)
    else if (this.#drain.begun) watch.close()
    else {
      serverOpened()
      this.#shutdown.countdown.startClock()
    }
  }

  /** Handles a server that has closed. When the user has closed all servers, that is the end, too. */
  #serverClosed(watch: ServerWatch): void {
    // A server that has not opened yet stays watched, and is closed as soon as it opens. It does not count as closed.
    if (this.#drain.over) watch.hasOpened && watch.detach()
    else if (this.#drain.begun) this.#drain.check()
    else if (watch.hasOpened && this.#servers.isClosed) {
      this.#closedByUser = true
      this.#warning.cancel()
      this.#end(undefined)
    }
  }

  #detach(): void {
    const opened = [...this.#servers].filter(({ hasOpened }) => hasOpened)
    for (const watch of opened) watch.detach()
    if (opened.length > 0) this.#warning.start(this.#shutdown.countdown.clock)
  }

  static {
    internals = (idle) => ({
      listenersClosed: idle.#drain.listenersClosed,
      cancelStillRunningWarning: () => idle.#warning.cancel(),
      waitForConfirm: () => {
        idle.#shutdown.countdown.confirmWithin = Infinity
      },
      endUpgrades: () => {
        idle.#drain.endsUpgrades = true
      },
      adoptRequest: (request, response) => {
        for (const watch of idle.#servers) watch.adoptRequest(request, response)
      },
    })
  }
}

function check(server: AnyServer, { activity }: ShutdownSettings): void {
  checkServer(server)
  if (activity === 'connections' || isHttp1(server) || isHttp2(server)) return
  throw new IdleUsageError(
    'ERR_IDLE_INVALID_ACTIVITY',
    `"activity" must be 'connections' for a net or tls server, which has no requests. Received 'requests' with ${showValue(server)}. Leave it out`,
  )
}

function isIterable(value: AnyServer | Iterable<AnyServer>): value is Iterable<AnyServer> {
  return typeof value === 'object' && value !== null && Symbol.iterator in value
}
