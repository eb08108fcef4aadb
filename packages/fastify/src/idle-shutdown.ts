import type { CloseReport, IdleShutdownOptions, StreamCount } from '@idle-shutdown/core'
import {
  alreadyRegistered,
  discover,
  IdleShutdown,
  IdleTimeoutError,
  internals,
  invalidOption,
  rejectUnknownOptions,
  streamCount,
} from '@idle-shutdown/core/adapter'
import type { FastifyContextConfig, FastifyInstance, FastifyPluginAsync } from 'fastify'
import fastifyPlugin from 'fastify-plugin'

declare module 'fastify' {
  interface FastifyInstance {
    /** The idle shutdown of this app. */
    readonly idle: IdleShutdown
    /** The idle signal of the app. Aborts when the app has been idle, or is closed. */
    readonly idleSignal: AbortSignal
  }
  interface FastifyContextConfig {
    /**
     * `false` if requests of this route do not count as an activity (health checks, metrics). `streams`: how its
     * responses count once they are streams, in place of the option `streams`.
     */
    idle?: boolean | { readonly streams?: StreamCount }
  }
}

const plugin: FastifyPluginAsync<IdleShutdownOptions> = (fastify, options) => {
  // Throw here and not in a promise: register() would take the promise for the plugin, and wait.
  if (typeof Object(fastify).decorate !== 'function') {
    throw invalidOption(
      'idleShutdown',
      fastify,
      'passed and not called',
      'Write register(idleShutdown, { … }), not register(idleShutdown({ … }))',
    )
  }
  return register(fastify, options)
}

async function register(fastify: FastifyInstance, options: IdleShutdownOptions): Promise<void> {
  if (fastify.hasDecorator('idle')) throw alreadyRegistered()
  const idle = new IdleShutdown(fastify.server, omitRegisterOptions(options))
  fastify.decorate('idle', idle)
  fastify.decorate('idleSignal', idle.signal)

  // `localhost` binds a server for each address. All of them share the handler of the first: `routing`, or a wrapper of
  // a `serverFactory` or another package.
  const handlers = new Set<object>([fastify.routing, ...fastify.server.listeners('request')])
  const undo = [...handlers].map((handler) =>
    discover(handler, (server) => {
      if (!idle.signal.aborted) idle.watch(server)
    }),
  )

  // A route with a wrong value throws when it is added, if it is added after this plugin.
  fastify.addHook('onRoute', ({ config }) => checkConfig(config?.idle))
  fastify.addHook('onRequest', (request, _reply, done) => {
    const own = request.routeOptions.config?.idle
    if (own === false) idle.ignoreRequest(request.raw)
    else if (typeof own === 'object' && own.streams !== undefined) idle.countStream(request.raw, own.streams)
    done()
  })

  // This hook also drains when other code closes the app. Fastify goes on as soon as the listeners are down. If it
  // waited for the whole drain, hooks of other plugins could not close what the drain waits for.
  fastify.addHook('preClose', async () => {
    // A test closes its app, and its process goes on.
    if (!idle.signal.aborted) internals(idle).cancelStillRunningWarning()
    void idle.close()
    await internals(idle).listenersClosed
  })

  // Fastify runs onClose hooks last in, first out: those of plugins that were registered before this one run later.
  fastify.addHook('onClose', async () => {
    if (internals(idle).awaitsCallbacks) await idle.closed
  })

  // If the parent signal had aborted before, the app closes as soon as it listens.
  if (idle.signal.aborted) fastify.addHook('onListen', () => closeApp(fastify, idle))
  else idle.signal.addEventListener('abort', () => void closeApp(fastify, idle), { once: true })
  void idle.closed.then((report) => {
    for (const forget of undo) forget()
    log(fastify, report)
  })
}

/**
 * Closes a Fastify app when it has not been used for the patience:
 * `await fastify.register(idleShutdown, { patience: '15m' })`.
 *
 * Decorates `fastify.idle` (the `IdleShutdown`) and `fastify.idleSignal`. On idle it drains, awaits the callbacks of
 * `fastify.idle.beforeEnd()`, and then calls `fastify.close()`, so that `preClose` and `onClose` hooks run.
 *
 * Each other call of `fastify.close()` drains, too, after the `preClose` hooks. It resolves after these callbacks, which
 * run before the `onClose` hooks of plugins that were registered before this one.
 *
 * A route opts out with `{ config: { idle: false } }`, and sets how its streams count with
 * `{ config: { idle: { streams: 'ignore' } } }`. Logs through `fastify.log`.
 *
 * @throws IdleUsageError for wrong options, and `ERR_IDLE_ALREADY_REGISTERED` for a second one on the same app
 */
export const idleShutdown: FastifyPluginAsync<IdleShutdownOptions> = fastifyPlugin(plugin, {
  fastify: '>=4.26 <6',
  name: '@idle-shutdown/fastify',
})

// `require()` returns the plugin itself, so that a named import must be a member of it.
Object.assign(idleShutdown, { idleShutdown })

/** Throws an `IdleUsageError` if the config of a route is of another type, or has a wrong name or value. */
function checkConfig(own: FastifyContextConfig['idle']): void {
  if (own === undefined || typeof own === 'boolean') return
  if (typeof own !== 'object' || own === null)
    throw invalidOption('config.idle', own, "false, or an object such as { streams: 'ignore' }")
  rejectUnknownOptions(own, ['streams'])
  if (own.streams !== undefined) streamCount('streams', own.streams)
}

/** Closes the app when everything has been answered, so that its own hooks run. */
async function closeApp(fastify: FastifyInstance, { signal, closed }: IdleShutdown): Promise<void> {
  if (signal.reason instanceof IdleTimeoutError) fastify.log.info(`${signal.reason.message}, closing`)
  await closed
  try {
    await fastify.close()
  } catch (error) {
    fastify.log.error(error, 'The app was idle and has drained, but fastify.close() failed')
  }
}

function log(fastify: FastifyInstance, { reason: _reason, ...figures }: CloseReport): void {
  fastify.log.info(figures, `Drained in ${Math.round(figures.duration)} ms`)
}

/** Removes the options that register() also passes to the plugin, but that are its own. */
function omitRegisterOptions(
  options: IdleShutdownOptions & Parameters<FastifyInstance['register']>[1],
): IdleShutdownOptions {
  const { prefix: _prefix, logLevel: _logLevel, logSerializers: _logSerializers, ...rest } = Object(options)
  return rest
}
