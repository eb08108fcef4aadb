import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2'
import { type Activation, activations } from './activation.ts'
import type { Connection } from './connection/connection.ts'
import { ignoreRequest } from './connection/ignore-request.ts'
import { Arriving } from './connection/parser.ts'
import { type CloseReport, Drain } from './drain.ts'
import { IdleUsageError, showValue } from './errors.ts'
import { MOST_REASONS } from './explanation.ts'
import { IdleTracker, observe, type TrackerControls } from './idle-tracker.ts'
import { type EndedBy, serverOpened, serversOpened, watchForLeftovers, watchWorkers } from './left-running.ts'
import { type Closable, type Endable, OpenResponses } from './open-responses.ts'
import { type IdleShutdownOptions, type ShutdownSettings, shutdownSettings } from './options.ts'
import { type AnyHttpServer, type AnyServer, checkServer, isHttp1, isHttp2 } from './server.ts'
import { ServerWatch, type Shutdown } from './server-watch.ts'

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

/** Cancels the warning `IDLE_STILL_RUNNING`, since the process goes on by intent. For adapters. */
export let livesOn: (idle: IdleShutdown) => void

/**
 * Removes the time limit of `confirm`, which is then asked once. An activity meanwhile still counts. For the preload.
 */
export let waitForConfirm: (idle: IdleShutdown) => void

/**
 * Returns a promise that resolves when an end has been decided and no listener accepts connections any more. For
 * adapters.
 */
export let listenersDown: (idle: IdleShutdown) => Promise<void>

/**
 * Makes a drain end upgraded sockets as soon as it has begun, even those that count. Flushes what was written, then
 * sends FIN.
 *
 * For the preload, since an unmodified program has no listener that would end them.
 */
export let endUpgrades: (idle: IdleShutdown) => void

/** Counts a request that began before its server was watched. For adapters. */
export let adoptRequest: (
  idle: IdleShutdown,
  request: IncomingMessage | Http2ServerRequest,
  response: ServerResponse | Http2ServerResponse,
) => void

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
  readonly #settings: ShutdownSettings
  readonly #end: TrackerControls['end']
  readonly #watches = new Map<AnyServer, ServerWatch>()
  readonly #drain: Drain
  readonly #shutdown: Shutdown
  readonly #responses: OpenResponses
  #forgetLeftovers: (() => void) | undefined
  /** `true` if the process goes on after the end by intent. */
  #livesOn = false

  constructor(servers: AnyServer | Iterable<AnyServer>, options?: IdleShutdownOptions) {
    const settings = shutdownSettings(options)
    const list = isIterable(servers) ? [...servers] : [servers]
    for (const server of list) check(server, settings)

    this.#settings = settings
    this.tracker = new IdleTracker(settings.tracker)
    let endedBy: EndedBy | undefined
    let openedBefore = 0
    watchWorkers()
    this.#responses = new OpenResponses(this.signal)
    let closedByUser = false
    const known = (): Activation[] => [...this.#watches.keys()].flatMap((server) => activations.get(server) ?? [])
    const { countdown, end } = observe(this.tracker, {
      get startedAgainBy() {
        return [...new Set(known().map((activation) => activation.startedAgainBy))].join(', ') || undefined
      },
      arrivals: () => this.#arrivals(),
      mark: () => this.#each((connection) => connection.mark()),
      headBegun: () => {
        const arriving = new Arriving()
        return this.#count((connection) => connection.headBegun(arriving)) > 0
      },
      trafficMoved: () => this.#count((connection) => connection.trafficMoved()) > 0,
      explain: (reasons) => this.#each((connection) => reasons.length < MOST_REASONS && connection.explain(reasons)),
      holdEnded: () => drain.check(),
      ending: (by) => {
        endedBy = by
        openedBefore = serversOpened()
        drain.begin(by === 'idle')
        for (const activation of known()) activation.draining(settings.grace)
      },
      ended: (reason) => drain.proceed(reason, endedBy === 'idle'),
    })
    const drain = new Drain(this.#watches, countdown, settings.grace)
    this.#end = end
    this.#drain = drain
    this.closed = drain.closed
    this.#shutdown = {
      countdown,
      settings,
      drain,
      opened: (watch) => {
        if (closedByUser) {
          // The server listens again before the end that its close() caused is over. Leave it to a later watch.
          watch.detach()
          this.#watches.delete(watch.server)
          return
        }
        if (drain.begun) {
          watch.close()
          return
        }
        serverOpened()
        if (countdown.paused) countdown.start()
      },
      closed: (watch) => {
        // A server that has not opened yet stays watched, and is closed as soon as it opens.
        if (drain.over) watch.hasOpened && watch.detach()
        else if (drain.begun) drain.check()
        // When the user has closed all servers, that is the end, too. A server that was never open does not count as
        // closed.
        else if (watch.hasOpened && [...this.#watches.values()].every(({ hasClosed }) => hasClosed)) {
          this.#livesOn = true
          closedByUser = true
          end(undefined)
        }
      },
    }
    void this.closed.then(() => {
      const opened = [...this.#watches.values()].filter(({ hasOpened }) => hasOpened)
      for (const watch of opened) watch.detach()
      if (endedBy === undefined || opened.length === 0 || this.#livesOn || serversOpened() !== openedBefore) return
      this.#forgetLeftovers = watchForLeftovers(countdown.givenClock, endedBy)
    })

    const { aborted } = this.signal
    countdown.pause()
    if (aborted) drain.begin(false)
    for (const server of list) this.#attach(server)
    if (aborted) drain.proceed(this.signal.reason, false)
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
    check(server, this.#settings)
    if (this.#drain.begun) {
      const message = 'This IdleShutdown has ended, and cannot watch a server; make a new one'
      throw new IdleUsageError('ERR_IDLE_ENDED', message)
    }
    const watch = this.#attach(server)
    let undone = false
    return {
      [Symbol.dispose]: () => {
        if (undone) return
        undone = true
        if (--watch.references > 0) return
        watch.detach()
        this.#watches.delete(server)
        this.#drain.check()
      },
    }
  }

  /**
   * Marks a request in progress as ignored: it suspends the end until it is answered, and does not renew the deadline.
   *
   * Does nothing for a request that is answered, or of a server that is not watched here.
   */
  ignore(request: IncomingMessage | Http2ServerRequest): void {
    ignoreRequest(request, (site) => site instanceof ServerWatch && this.#watches.get(site.server) === site)
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

  #attach(server: AnyServer): ServerWatch {
    const known = this.#watches.get(server)
    if (known !== undefined) {
      known.references++
      return known
    }
    const watch = new ServerWatch(server, this.#shutdown)
    this.#watches.set(server, watch)
    watch.attach()
    return watch
  }

  #arrivals(): number {
    let sum = 0
    for (const watch of this.#watches.values()) sum += watch.arrivals
    this.#each((connection) => {
      sum += connection.arrived
    })
    return sum
  }

  #count(test: (connection: Connection) => boolean): number {
    let count = 0
    this.#each((connection) => {
      if (test(connection)) count++
    })
    return count
  }

  #each(visit: (connection: Connection) => unknown): void {
    for (const watch of this.#watches.values()) for (const connection of watch.connections) visit(connection)
  }

  static {
    listenersDown = (idle) => idle.#drain.listenersDown
    endUpgrades = (idle) => {
      idle.#drain.endsUpgrades = true
    }
    livesOn = (idle) => {
      idle.#livesOn = true
      idle.#forgetLeftovers?.()
    }
    waitForConfirm = (idle) => {
      idle.#shutdown.countdown.confirmWithin = Infinity
    }
    adoptRequest = (idle, request, response) => {
      for (const watch of idle.#watches.values()) watch.adoptRequest(request, response)
    }
  }
}

function check(server: AnyServer, { activity }: ShutdownSettings): void {
  checkServer(server)
  if (activity === 'connections' || isHttp1(server) || isHttp2(server)) return
  throw new IdleUsageError(
    'ERR_IDLE_INVALID_ACTIVITY',
    `${showValue(server)} is a net or tls server, which has no requests; with one, activity must be 'connections'`,
  )
}

function isIterable(value: AnyServer | Iterable<AnyServer>): value is Iterable<AnyServer> {
  return typeof value === 'object' && value !== null && Symbol.iterator in value
}
