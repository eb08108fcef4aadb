import { hasMethods, invalidOption } from '../errors.ts'
import { waitUntil } from './functions.ts'

/** A request of srvx, or another `Request`. */
interface DeclaringRequest {
  readonly method: string
  readonly url: string
  waitUntil?: WaitUntil | undefined
}

type WaitUntil = (work: Promise<unknown>) => void

/** A server of srvx, as its plugins get it. */
export interface PluggableServer {
  readonly options: {
    readonly middleware: { unshift(middleware: <T>(request: DeclaringRequest, next: () => T) => T): unknown }
  }
}

/** An app of Nitro, as its plugins get it. */
export interface PluggableApp {
  readonly hooks: { hook(name: 'request', handle: (event: NitroEvent) => void): unknown }
}

/** An event of Nitro 2 has a context and a path. One of Nitro 3 has a `Request`. */
interface NitroEvent {
  readonly req?: unknown
  readonly method?: string
  readonly path?: string
  readonly context?: { waitUntil?: WaitUntil | undefined }
}

/**
 * Makes `request.waitUntil()` of srvx (h3 2) and `event.waitUntil()` of Nitro keep the process up. Is a plugin of both:
 * `serve({ plugins: [waitUntilPlugin] })`, and in a file of Nitro's `plugins` folder
 * `export { waitUntilPlugin as default } from 'idle-shutdown'`.
 *
 * The framework's own `waitUntil` is called as before, and handles a failure as before. See {@link waitUntil} for the
 * watches that it reaches.
 *
 * @throws IdleUsageError `ERR_IDLE_INVALID_OPTION` if it is called without a server or an app
 * @see https://srvx.h3.dev/guide/plugins
 */
export function waitUntilPlugin(app: PluggableServer | PluggableApp): void {
  if (hasMethods(Object(app).hooks, 'hook') && 'hooks' in app) {
    app.hooks.hook('request', declareByEvent)
  } else if (!('options' in Object(app)) || 'hooks' in app) {
    const instruction = 'Write plugins: [waitUntilPlugin], not plugins: [waitUntilPlugin()]'
    throw invalidOption('app', app, 'a server of srvx or an app of Nitro', instruction)
  } else {
    app.options.middleware.unshift((request, next) => {
      declareByRequest(request)
      return next()
    })
  }
}

function declareByEvent(event: NitroEvent): void {
  const { req, context } = event
  if (isRequest(req)) declareByRequest(req)
  // Nitro 2 passes work on to the platform's `waitUntil`, which is read at each call (2.13).
  else if (context !== undefined)
    context.waitUntil = declaring(() => `${event.method} ${event.path}`, context.waitUntil)
}

function declareByRequest(request: DeclaringRequest): void {
  const value = declaring(() => `${request.method} ${new URL(request.url).pathname}`, request.waitUntil)
  // On Bun, srvx makes the property read-only. Then the request keeps its own.
  Reflect.defineProperty(request, 'waitUntil', { value, writable: true, enumerable: true, configurable: true })
}

/** Returns a `waitUntil` that holds, and calls `own`. The label has no query, which may be secret. */
function declaring(name: () => string, own: WaitUntil | undefined): WaitUntil {
  return (work) => {
    if (typeof Object(work).then === 'function') {
      const held = waitUntil(work, `waitUntil ${name().replace(/\?.*$/s, '')}`)
      if (own !== undefined) held.catch(() => {})
    }
    own?.(work)
  }
}

/** An event of Nitro 2 has a request of Node as `req`, whose headers are a plain object. */
function isRequest(value: unknown): value is DeclaringRequest {
  return typeof Object(Object(value).headers).get === 'function'
}
