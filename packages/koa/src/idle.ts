import type { IncomingMessage, ServerResponse } from 'node:http'
import type { IdleShutdownOptions } from '@idle-shutdown/core'
import {
  AppShutdown,
  type IdleMembers,
  IdleUsageError,
  ignoreRequest,
  showValue,
  warn,
  withMembers,
} from '@idle-shutdown/core/adapter'
import type {} from 'koa'

/** What this middleware uses of a Koa context. */
export interface Context {
  readonly req: IncomingMessage
  readonly res: ServerResponse
  readonly state: object
}

/** A middleware of Koa 2 and 3. */
export type Middleware = (context: Context, next: () => Promise<unknown>) => Promise<unknown>

/** What `idle()` returns: a middleware with the members of the app's living `IdleShutdown`. */
export type IdleMiddleware = Middleware & IdleMembers & { readonly ignored: Middleware }

declare module 'koa' {
  interface DefaultState {
    /** Aborts when the app's servers have been idle, or are told to close. One signal for all requests. */
    readonly idleSignal: AbortSignal
  }
}

/** What `idle()` uses of a Koa app. */
export interface App {
  callback(): (request: IncomingMessage, response: ServerResponse) => unknown
}

/** What `idle()` takes. */
export interface IdleOptions extends IdleShutdownOptions {
  /** The app, whose servers are found when they start to listen. Without it, the first request shows the server. */
  app?: App
}

const registered = new WeakSet<App>()

/**
 * Marks the request as no activity: `router.get('/healthz', idle.ignored, handler)`. It suspends the end while it is
 * answered, and leaves the deadline where it was.
 */
export const ignored: Middleware = (context, next) => {
  if (typeof next !== 'function') {
    throw new IdleUsageError(
      'ERR_IDLE_INVALID_OPTION',
      `idle.ignored is a middleware, and was called with ${showValue(context)}; write idle.ignored, not idle.ignored()`,
    )
  }
  ignoreRequest(context.req)
  return next()
}

/** The function `idle`, and what it carries for `require()` and for routes. */
export interface Idle {
  (options?: IdleOptions): IdleMiddleware
  readonly ignored: Middleware
}

/**
 * Closes the servers of a Koa app when nobody has used them for the patience: `app.use(idle({ app, patience: '15m' }))`.
 *
 * It finds every server that handles requests with `app.callback()` when the server starts to listen, also if another package
 * (socket.io, an APM agent) has put a listener of its own in its place. One that it cannot find by its listeners is found at its
 * first request to the app; until then the process warning `IDLE_SERVER_UNKNOWN` names it. Give such a server to `watch(server)`.
 * Without `app` it works from the first request on, and says in a process warning that a server that is never called will not end.
 *
 * The signal is `ctx.state.idleSignal`. An app that is served again after an end starts anew.
 *
 * @throws IdleUsageError for wrong options, and `ERR_IDLE_ALREADY_REGISTERED` for a second one on the same app
 */
export const idle: Idle = Object.assign(middlewareFor, { ignored })

// `require()` gives the function itself; a named import of it must work there, too.
Object.assign(idle, { idle })

function middlewareFor(options: IdleOptions = {}): IdleMiddleware {
  const { app, req, callback, ...rest } = Object(options)
  if (req !== undefined) {
    throw new IdleUsageError(
      'ERR_IDLE_INVALID_OPTION',
      'idle() was given a context; write app.use(idle({ app })), not app.use(idle)',
    )
  }
  if (typeof callback === 'function') {
    throw new IdleUsageError('ERR_IDLE_INVALID_OPTION', 'idle() was given the app itself; write idle({ app })')
  }
  if (app !== undefined) check(app)
  const shutdown = new AppShutdown(options === null || typeof options !== 'object' ? options : rest)
  if (app === undefined) {
    warn(
      'IDLE_WITHOUT_APP',
      'idle() of @idle-shutdown/koa was given no app: a server that is never called will not end. Use idle({ app })',
    )
  } else {
    registered.add(app)
    // For a listener that makes the handler at each request.
    shutdown.serves(app)
    serve(app, shutdown)
  }

  const middleware: Middleware = (context, next) => {
    const { state }: { state: { idleSignal?: AbortSignal } } = context
    state.idleSignal = shutdown.signal
    shutdown.adopt(context.req, context.res)
    return next()
  }
  return withMembers(Object.assign(middleware, { ignored }), shutdown)
}

/** Each call of `callback()` makes a handler of its own, so that the one method of this one app is wrapped. */
function serve(app: App, shutdown: AppShutdown): void {
  shutdown.listens(app)
  const callback = app.callback
  app.callback = function (this: App) {
    const handler = callback.call(this)
    shutdown.serves(handler)
    return handler
  }
}

function check(app: App): void {
  if (typeof Object(app).callback !== 'function') {
    throw new IdleUsageError('ERR_IDLE_INVALID_OPTION', `app is ${showValue(app)}; accepted is a Koa app`)
  }
  if (registered.has(app)) {
    throw new IdleUsageError('ERR_IDLE_ALREADY_REGISTERED', 'This Koa app has idle shutdown already; register it once')
  }
}
