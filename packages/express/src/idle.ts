import { IncomingMessage, type ServerResponse } from 'node:http'
import type { IdleShutdownOptions } from '@idle-shutdown/core'
import {
  AppShutdown,
  type IdleMembers,
  IdleUsageError,
  ignoreRequest,
  showValue,
  withMembers,
} from '@idle-shutdown/core/adapter'

/** A middleware of Express 4 and 5. */
export type Middleware = (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void) => void

/** What `idle()` returns: a middleware with the members of the app's living `IdleShutdown`. */
export type IdleMiddleware = Middleware & IdleMembers & { readonly ignored: Middleware }

declare global {
  namespace Express {
    interface Request {
      /** Aborts when the app's servers have been idle, or are told to close. One signal for all requests. */
      readonly idleSignal: AbortSignal
    }
    interface Locals {
      /** Aborts when the app's servers have been idle, or are told to close. */
      readonly idleSignal: AbortSignal
    }
  }
}

/** What this adapter uses of an Express app. */
interface App {
  readonly request: object
  readonly locals: object
  readonly parent?: App
  on(event: 'mount', listener: (parent: App) => void): unknown
}

const registered = new WeakSet<App>()

/**
 * Marks the request as no activity: `app.get('/healthz', idle.ignored, handler)`. It suspends the end while it is answered,
 * and leaves the deadline where it was.
 */
export const ignored: Middleware = (request, _response, next) => {
  if (typeof next !== 'function') {
    throw new IdleUsageError(
      'ERR_IDLE_INVALID_OPTION',
      `idle.ignored is a middleware, and was called with ${showValue(request)}; write idle.ignored, not idle.ignored()`,
    )
  }
  ignoreRequest(request)
  next()
}

/** The function `idle`, and what it carries for `require()` and for routes. */
export interface Idle {
  (options?: IdleShutdownOptions): IdleMiddleware
  readonly ignored: Middleware
}

/**
 * Closes the servers of an Express app when nobody has used them for the patience: `app.use(idle({ patience: '15m' }))`.
 *
 * It finds every server that the app handles when the server starts to listen, also if another package (socket.io, an APM agent) has
 * put a listener of its own in the place of the app. One that it cannot find by its listeners is found at its first request to the
 * app; until then the process warning `IDLE_SERVER_UNKNOWN` names it. Give such a server to `watch(server)`.
 *
 * The signal is `app.locals.idleSignal` and `req.idleSignal`. An app that is served again after an end starts anew.
 *
 * @throws IdleUsageError for wrong options, at once. A second one on the same app makes `app.use()` throw
 *   `ERR_IDLE_ALREADY_REGISTERED`
 */
export const idle: Idle = Object.assign(middlewareFor, { ignored })

// `require()` gives the function itself; a named import of it must work there, too.
Object.assign(idle, { idle })

function middlewareFor(options?: IdleShutdownOptions): IdleMiddleware {
  if (options instanceof IncomingMessage) {
    throw new IdleUsageError(
      'ERR_IDLE_INVALID_OPTION',
      'idle() was given a request; write app.use(idle()), not app.use(idle)',
    )
  }
  const shutdown = new AppShutdown(options)
  shutdown.seek()
  let app: App | undefined

  const mount = (parent: App): void => {
    if (registered.has(parent)) {
      throw new IdleUsageError(
        'ERR_IDLE_ALREADY_REGISTERED',
        'This Express app has idle shutdown already; register it once',
      )
    }
    registered.add(parent)
    app = parent
    const signal = { get: () => shutdown.signal, enumerable: true, configurable: true }
    Object.defineProperty(parent.request, 'idleSignal', signal)
    Object.defineProperty(parent.locals, 'idleSignal', signal)
    serve(parent, shutdown)
  }

  const middleware: Middleware = (request, response, next) => {
    // In a Router, which tells nobody what it is mounted on, the first request shows the app.
    if (app === undefined) {
      const own = appOf(request)
      if (own !== undefined && !registered.has(own)) mount(own)
    }
    shutdown.adopt(request, response)
    next()
  }

  // app.use() treats what looks like an app as one, and tells it where it is mounted.
  const lookingLikeAnApp = {
    handle: middleware,
    set: () => {},
    emit: (event: string, parent: App) => {
      if (event === 'mount') mount(parent)
    },
  }
  return withMembers(Object.assign(middleware, lookingLikeAnApp, { ignored }), shutdown)
}

/** The handler of a server is the app, or the outermost app that it is mounted on. */
function serve(app: App, shutdown: AppShutdown): void {
  shutdown.serves(app)
  shutdown.listens(app)
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
