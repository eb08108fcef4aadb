import type { CloseReport, IdleShutdownOptions } from '@idle-shutdown/core'
import {
  discover,
  IdleShutdown,
  IdleTimeoutError,
  IdleUsageError,
  listenersDown,
  livesOn,
  showValue,
} from '@idle-shutdown/core/adapter'
import type { FastifyInstance, FastifyPluginAsync } from 'fastify'
import fastifyPlugin from 'fastify-plugin'

declare module 'fastify' {
  interface FastifyInstance {
    /** The idle shutdown of this app. */
    readonly idle: IdleShutdown
    /** Aborts when the app has been idle, or is told to close. */
    readonly idleSignal: AbortSignal
  }
  interface FastifyContextConfig {
    /** `false`: requests of this route are no activity (health checks, metrics). */
    idle?: boolean
  }
}

const plugin: FastifyPluginAsync<IdleShutdownOptions> = (fastify, options) => {
  // Here, and not in a promise: register() would take that for the plugin, and wait.
  if (typeof Object(fastify).decorate !== 'function') {
    throw new IdleUsageError(
      'ERR_IDLE_INVALID_OPTION',
      `idleShutdown is a plugin, and was called with ${showValue(fastify)}; write register(idleShutdown, { … }), not register(idleShutdown({ … }))`,
    )
  }
  return register(fastify, options)
}

async function register(fastify: FastifyInstance, options: IdleShutdownOptions): Promise<void> {
  if (fastify.hasDecorator('idle')) {
    throw new IdleUsageError(
      'ERR_IDLE_ALREADY_REGISTERED',
      'This Fastify app has idle shutdown already; register it once',
    )
  }
  const idle = new IdleShutdown(fastify.server, withoutFastifys(options))
  fastify.decorate('idle', idle)
  fastify.decorate('idleSignal', idle.signal)

  // `localhost` binds a server for each address; all of them share the handler of the first, which is `routing`, unless a
  // `serverFactory` or another package has wrapped it.
  const handlers = new Set<object>([fastify.routing, ...fastify.server.listeners('request')])
  const undo = [...handlers].map((handler) =>
    discover(handler, (server) => {
      if (!idle.signal.aborted) idle.watch(server)
    }),
  )

  fastify.addHook('onRequest', (request, _reply, done) => {
    if (request.routeOptions.config?.idle === false) idle.ignore(request.raw)
    done()
  })

  // Also where somebody else closes the app. The listeners go down after a last look, and then Fastify goes on: waiting for
  // the whole drain would keep other plugins' hooks from closing what the drain waits for.
  fastify.addHook('preClose', async () => {
    // A test closes its app, and goes on.
    if (!idle.signal.aborted) livesOn(idle)
    void idle.close()
    await listenersDown(idle)
  })

  // A parent that had aborted before: the app is closed as soon as it listens.
  if (idle.signal.aborted) fastify.addHook('onListen', () => closeApp(fastify, idle))
  else idle.signal.addEventListener('abort', () => void closeApp(fastify, idle), { once: true })
  void idle.closed.then((report) => {
    for (const forget of undo) forget()
    log(fastify, report)
  })
}

/**
 * Closes a Fastify app when nobody has used it for the patience: `await fastify.register(idleShutdown, { patience: '15m' })`.
 *
 * Decorates `fastify.idle` (the `IdleShutdown`) and `fastify.idleSignal`. On idle it drains, and then calls
 * `fastify.close()`, so that `preClose` and `onClose` hooks run. A `fastify.close()` by anyone drains too. A route opts out
 * with `{ config: { idle: false } }`. Logs through `fastify.log`.
 *
 * @throws IdleUsageError for wrong options, and `ERR_IDLE_ALREADY_REGISTERED` for a second one on the same app
 */
export const idleShutdown: FastifyPluginAsync<IdleShutdownOptions> = fastifyPlugin(plugin, {
  fastify: '>=4.26 <6',
  name: '@idle-shutdown/fastify',
})

// For require(), which gives the plugin itself.
Object.assign(idleShutdown, { idleShutdown })

/** Everything has been answered: now the app's own hooks. */
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

/** register() hands its own options to the plugin as well. */
function withoutFastifys(
  options: IdleShutdownOptions & Parameters<FastifyInstance['register']>[1],
): IdleShutdownOptions {
  const { prefix: _prefix, logLevel: _logLevel, logSerializers: _logSerializers, ...rest } = Object(options)
  return rest
}
