import { IncomingMessage, type ServerResponse } from 'node:http'
import type { IdleShutdownOptions, StreamCount } from '@idle-shutdown/core'
import {
  AppShutdown,
  countStream,
  type IdleMembers,
  ignoreRequest,
  invalidOption,
  isRegistered,
  register,
  streamCount,
  withMembers,
} from '@idle-shutdown/core/adapter'

/** A middleware of Express 4 and 5. */
type Middleware = (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void) => void

/** The options of `idle()`. */
export type IdleOptions = IdleShutdownOptions

/** The result of `idle()`: a middleware with the members of the app's current `IdleShutdown`. */
export type IdleMiddleware = Middleware & IdleMembers & ForRoutes

declare global {
  namespace Express {
    interface Request {
      /**
       * The idle signal of the app, the same for all requests. Aborts when its servers have been idle, or are closed.
       */
      readonly idleSignal: AbortSignal
    }
    interface Locals {
      /** The idle signal of the app. Aborts when its servers have been idle, or are closed. */
      readonly idleSignal: AbortSignal
    }
  }
}

/** The part of an Express app that this adapter uses. */
interface App {
  readonly request: object
  readonly locals: object
  readonly parent?: App
  on(event: 'mount', listener: (parent: App) => void): unknown
}

/**
 * Marks a request as ignored: `app.get('/healthz', idle.ignored, handler)`. The request suspends the end until it is
 * answered, and does not renew the deadline.
 */
export const ignored: Middleware = (request, _response, next) => {
  if (typeof next !== 'function')
    throw invalidOption('idle.ignored', request, 'passed and not called', 'Write idle.ignored, not idle.ignored()')
  ignoreRequest(request)
  next()
}

/**
 * Returns a middleware that sets how the responses of a route count once they are streams, in place of the option
 * `streams`: `app.get('/events', idle.stream('ignore'), handler)`.
 *
 * @throws IdleUsageError `ERR_IDLE_INVALID_OPTION`, at once, if `how` is not one of `'open'`, `'traffic'` and `'ignore'`
 */
export function stream(how: StreamCount): Middleware {
  streamCount('how', how)
  return (request, _response, next) => {
    countStream(request, how)
    next()
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
 * Closes the servers of an Express app when they have not been used for the patience:
 * `app.use(idle({ patience: '15m' }))`.
 *
 * Finds each server that the app handles when the server starts to listen, even if another package has replaced its
 * listener (socket.io, an APM agent).
 *
 * If the listeners of a server do not lead to the app, the first request to the app shows the server. Until then, the
 * process warning `IDLE_SERVER_UNKNOWN` names it. Pass such a server to `watch(server)`.
 *
 * The signal is `app.locals.idleSignal` and `req.idleSignal`. An app that is served again after an end starts again
 * with a new signal.
 *
 * @throws IdleUsageError for wrong options, at once. A second one on the same app makes `app.use()` throw
 *   `ERR_IDLE_ALREADY_REGISTERED`
 */
export const idle: Idle = Object.assign(middlewareFor, { ignored, stream })

// `require()` returns the function itself, so that a named import must be a member of it.
Object.assign(idle, { idle })

function middlewareFor(options?: IdleOptions): IdleMiddleware {
  if (options instanceof IncomingMessage)
    throw invalidOption('options', options, 'options and not a request', 'Write app.use(idle()), not app.use(idle)')
  const shutdown = new AppShutdown(options)
  shutdown.seek()
  let isMounted = false

  const mount = (parent: App): void => {
    register(parent)
    isMounted = true
    for (const target of [parent.request, parent.locals]) shutdown.exposeSignal(target)
    serve(parent, shutdown)
  }

  const middleware: Middleware = (request, response, next) => {
    // A Router does not know the app that it is mounted on. The first request shows the app.
    const own = isMounted ? undefined : appOf(request)
    if (own !== undefined && !isRegistered(own)) mount(own)
    shutdown.adopt(request, response)
    next()
  }

  // app.use() treats an object with these members as an app, and emits 'mount' on it with the parent app.
  const lookingLikeAnApp = {
    handle: middleware,
    set: () => {},
    emit: (event: string, parent: App) => {
      if (event === 'mount') mount(parent)
    },
  }
  return withMembers(Object.assign(middleware, lookingLikeAnApp, { ignored, stream }), shutdown)
}

/** Serves the app, and each app that it is mounted on: the handler of a server is the outermost one. */
function serve(app: App, shutdown: AppShutdown): void {
  shutdown.watchHandler(app)
  shutdown.wrapListen(app)
  if (app.parent !== undefined) serve(app.parent, shutdown)
  else app.on('mount', (parent) => serve(parent, shutdown))
}

function appOf(request: IncomingMessage): App | undefined {
  const app: unknown = Reflect.get(request, 'app')
  return isApp(app) ? app : undefined
}

function isApp(value: unknown): value is App {
  return typeof value === 'function' && 'request' in value && 'locals' in value && 'on' in value
}
