import type { IncomingMessage, ServerResponse } from 'node:http'
import type { IdleShutdownOptions, StreamCount } from '@idle-shutdown/core'
import {
  AppShutdown,
  checkUnregistered,
  countStream,
  type IdleMembers,
  ignoreRequest,
  invalidOption,
  register,
  streamCount,
  warn,
  withMembers,
} from '@idle-shutdown/core/adapter'
import type {} from 'koa'

/** The part of a Koa context that this middleware uses. */
interface Context {
  readonly req: IncomingMessage
  readonly res: ServerResponse
  readonly state: object
}

/** A middleware of Koa 2 and 3. */
type Middleware = (context: Context, next: () => Promise<unknown>) => Promise<unknown>

/** The result of `idle()`: a middleware with the members of the app's current `IdleShutdown`. */
export type IdleMiddleware = Middleware & IdleMembers & ForRoutes

declare module 'koa' {
  interface DefaultState {
    /** The idle signal of the app, the same for all requests. Aborts when its servers have been idle, or are closed. */
    readonly idleSignal: AbortSignal
  }
}

/** The part of a Koa app that `idle()` uses. */
interface App {
  callback(): (request: IncomingMessage, response: ServerResponse) => unknown
}

/** The options of `idle()`. */
export interface IdleOptions extends IdleShutdownOptions {
  /** The app whose servers are found when they start to listen. Without it, the first request shows the server. */
  app?: App
}

/**
 * Marks a request as ignored: `router.get('/healthz', idle.ignored, handler)`. The request suspends the end until it is
 * answered, and does not renew the deadline.
 */
export const ignored: Middleware = (context, next) => {
  if (typeof next !== 'function')
    throw invalidOption('idle.ignored', context, 'passed and not called', 'Write idle.ignored, not idle.ignored()')
  ignoreRequest(context.req)
  return next()
}

/**
 * Returns a middleware that sets how the responses of a route count once they are streams, in place of the option
 * `streams`: `router.get('/events', idle.stream('ignore'), handler)`.
 *
 * @throws IdleUsageError `ERR_IDLE_INVALID_OPTION`, at once, if `how` is not one of `'open'`, `'traffic'` and `'ignore'`
 */
export function stream(how: StreamCount): Middleware {
  streamCount('how', how)
  return (context, next) => {
    countStream(context.req, how)
    return next()
  }
}

/** The members of `idle` and of its result that routes take. */
interface ForRoutes {
  readonly ignored: Middleware
  readonly stream: typeof stream
}

/** The function `idle` with its members for `require()` and for routes. */
interface Idle extends ForRoutes {
  (options?: IdleOptions): IdleMiddleware
}

/**
 * Closes the servers of a Koa app when they have not been used for the patience:
 * `app.use(idle({ app, patience: '15m' }))`.
 *
 * Finds each server that handles requests with `app.callback()` when it starts to listen, even if another package has
 * replaced its listener (socket.io, an APM agent).
 *
 * If the listeners of a server do not lead to the app, the first request to the app shows the server. Until then, the
 * process warning `IDLE_SERVER_UNKNOWN` names it. Pass such a server to `watch(server)`.
 *
 * Without `app`, the first request shows each server. A process warning then says that a server without a request does
 * not end.
 *
 * The signal is `ctx.state.idleSignal`. An app that is served again after an end starts again with a new signal.
 *
 * @throws IdleUsageError for wrong options, and `ERR_IDLE_ALREADY_REGISTERED` for a second one on the same app
 */
export const idle: Idle = Object.assign(middlewareFor, { ignored, stream })

// `require()` returns the function itself, so that a named import must be a member of it.
Object.assign(idle, { idle })

function middlewareFor(options: IdleOptions = {}): IdleMiddleware {
  const { app, req, callback, ...rest } = Object(options)
  const instruction = 'Write app.use(idle({ app })), not app.use(idle)'
  if (req !== undefined) throw invalidOption('options', options, 'options and not a context', instruction)
  if (typeof callback === 'function')
    throw invalidOption('options', options, 'options and not the app itself', 'Write idle({ app })')
  if (app !== undefined) check(app)
  const shutdown = new AppShutdown(options === null || typeof options !== 'object' ? options : rest)
  if (app === undefined) {
    warn(
      'IDLE_NO_APP',
      'idle() of @idle-shutdown/koa has no app, so a server without a request does not end. Write idle({ app })',
    )
  } else {
    register(app)
    // A listener may call `app.callback()` at each request, and so leads to the app only.
    shutdown.watchHandler(app)
    serve(app, shutdown)
  }

  const middleware: Middleware = (context, next) => {
    const { state }: { state: { idleSignal?: AbortSignal } } = context
    state.idleSignal = shutdown.signal
    shutdown.adopt(context.req, context.res)
    return next()
  }
  return withMembers(Object.assign(middleware, { ignored, stream }), shutdown)
}

/** Wraps the `callback()` method of this one app, since each call makes a handler of its own. */
function serve(app: App, shutdown: AppShutdown): void {
  shutdown.wrapListen(app)
  const callback = app.callback
  app.callback = function (this: App) {
    const handler = callback.call(this)
    shutdown.watchHandler(handler)
    return handler
  }
}

function check(app: App): void {
  if (typeof Object(app).callback !== 'function') throw invalidOption('app', app, 'a Koa app')
  checkUnregistered(app)
}
