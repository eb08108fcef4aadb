import type { IncomingMessage } from 'node:http'
import type { Http2ServerRequest } from 'node:http2'
import type { CloseReport } from './closing/close-report.ts'
import { Drain } from './closing/drain.ts'
import type { EndCallback } from './closing/end-callbacks.ts'
import { type Closable, type Endable, OpenResponses } from './closing/open-responses.ts'
import { StillRunningWarning, serverOpened, watchWorkers } from './closing/still-running.ts'
import type { ConnectionContext } from './connection/connection.ts'
import { countStream, ignoreRequest, nodeRequest } from './connection/count-request.ts'
import { IdleUsageError } from './errors.ts'
import type { Internals } from './internals.ts'
import type { NoArgument } from './no-argument.ts'
import { type Duration, type IdleShutdownOptions, type StreamCount, shutdownSettings, streamCount } from './options.ts'
import { addWatch } from './process-wide/functions.ts'
import { type AnyHttpServer, type AnyServer, checkCounted, serverList } from './server/server.ts'
import { ServerGroup } from './server/server-group.ts'
import { ServerWatch, type Shutdown } from './server/server-watch.ts'
import { type IdleTracker, observe, pausedTracker, type TrackerControls } from './tracker/idle-tracker.ts'
import { onQuiet } from './tracker/quiet.ts'

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

/**
 * Watches several servers under one clock, and closes them when they are idle.
 *
 * The clock stands still until the first server listens. A shutdown ends once: when the deadline passes, when the
 * parent signal aborts, when `close()` is called, or when the user has closed all servers.
 */
export class IdleShutdown implements AsyncDisposable {
  readonly tracker: IdleTracker
  /**
   * Resolves when all servers and sockets are closed, all holds have ended, and the callbacks of `beforeEnd()` are over.
   * Never rejects.
   */
  readonly closed: Promise<CloseReport>
  readonly #end: TrackerControls['end']
  readonly #servers = new ServerGroup()
  readonly #drain: Drain
  readonly #shutdown: Shutdown
  readonly #responses: OpenResponses
  readonly #warning = new StillRunningWarning()
  /** Takes this out of the reach of the functions of the process. */
  readonly #leaveProcess: () => void
  /** `true` if the user has closed all servers, which was the end. */
  #closedByUser = false

  constructor(servers: AnyServer | Iterable<AnyServer>, options?: IdleShutdownOptions) {
    const settings = shutdownSettings(options)
    const list = serverList(servers)
    for (const server of list) checkCounted(server, settings.activity)
    watchWorkers()

    this.tracker = pausedTracker(settings.tracker)
    const { countdown, end } = observe(this.tracker, {
      servers: this.#servers,
      takesHolds: () => this.#drain.begun && !this.#drain.over,
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
    this.#leaveProcess = addWatch(this)
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
    checkCounted(server, this.#shutdown.settings.activity)
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
   * @throws IdleUsageError `ERR_IDLE_INVALID_OPTION` if it is called as a handler, with further arguments, or with a
   *   request of a framework
   */
  ignoreRequest(request: IncomingMessage | Http2ServerRequest, ...rest: NoArgument[]): void {
    if (rest.length > 0) {
      throw new IdleUsageError(
        'ERR_IDLE_INVALID_OPTION',
        `"ignoreRequest" must be called with a request only. Received ${rest.length + 1} arguments, as a handler does. Pass the middleware idle.ignored to a route, or call ignoreRequest(request) in a handler`,
      )
    }
    ignoreRequest(nodeRequest(request), this.#isWatched)
  }

  /**
   * Sets how the response to a request counts once it is a stream, in place of the option `streams`. Call it in the
   * handler of the request.
   *
   * Does nothing for a request that is answered, or of a server that is not watched here. A stream that does not count
   * any more does not count again. An ignored request that becomes a stream never counts.
   *
   * @throws IdleUsageError `ERR_IDLE_INVALID_OPTION` for another `how`, and for a request of a framework
   * @see {@link IdleShutdownOptions.streams}
   */
  countStream(request: IncomingMessage | Http2ServerRequest, how: StreamCount): void {
    countStream(nodeRequest(request), streamCount('how', how), this.#isWatched)
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
   * Awaits `callback` at the end: after the last answer and the last hold, and before {@link IdleShutdown.closed}
   * resolves. The place for flushes, pools and checkpoints.
   *
   * Calls the callbacks one after the other, in order of registration, with the report that `closed` resolves with.
   * Together they have what is left of grace. After that, calls those that are left, and awaits none.
   *
   * A callback that fails becomes the process warning `IDLE_BEFORE_END_FAILED`, as do those that do not finish.
   *
   * @returns the undo. Undefined, since nothing will run, from the moment at which everything has closed
   * @throws IdleUsageError `ERR_IDLE_INVALID_OPTION` for a callback that is not a function
   */
  beforeEnd(callback: EndCallback): Disposable | undefined {
    return this.#drain.callbacks.add(callback)
  }

  /**
   * Calls `release` whenever nothing has been active for `after`. The end is unchanged.
   *
   * The place to close idle connections of a pool, to stop pollers, and to free memory.
   *
   * The next activity calls the function that `release` returned, or that its promise resolved to, and starts the wait
   * again. For a request, that is before its handler runs. An ignored request does not count.
   *
   * The end calls nothing. A failure becomes the process warning `IDLE_QUIET_FAILED`, once for each of both functions.
   *
   * @returns the undo, after which nothing is called any more
   * @throws IdleUsageError `ERR_IDLE_INVALID_DURATION`, and `ERR_IDLE_INVALID_OPTION` for a `release` that is not a
   *   function
   */
  onQuiet(after: Duration, release: () => unknown): Disposable {
    return onQuiet(this.#shutdown.countdown, after, release)
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

  readonly #isWatched = (context: ConnectionContext): boolean =>
    context instanceof ServerWatch && this.#servers.has(context)

  #detach(): void {
    this.#leaveProcess()
    const opened = [...this.#servers].filter(({ hasOpened }) => hasOpened)
    for (const watch of opened) watch.detach()
    if (opened.length > 0) this.#warning.start(this.#shutdown.countdown.clock)
  }

  static {
    internals = (idle) => ({
      listenersClosed: idle.#drain.listenersClosed,
      awaitsCallbacks: idle.#drain.callbacks.size > 0,
      leaveProcess: () => idle.#leaveProcess(),
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
