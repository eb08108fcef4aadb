import type { Subject } from '@idle-shutdown/conformance'
import { idleShutdown } from '@idle-shutdown/fastify'
import fastify5, { type FastifyInstance } from 'fastify'
import fastify4 from 'fastify4'

/** Fastify: a new app in each cycle, since a closed one cannot listen again. */
export const fastifySubjects: readonly Subject[] = [subject('Fastify 4', fastify4), subject('Fastify 5', fastify5)]

function subject(name: string, makeApp: unknown): Subject {
  const make: (options: object) => FastifyInstance = Object(makeApp)
  return {
    name,
    protocol: 'http/1.1',
    secure: false,
    async serve(handler, options, { prepare } = {}) {
      const app = make({ exposeHeadRoutes: false })
      prepare?.(app.server)
      await app.register(idleShutdown, options)
      // The handler reads the bodies.
      app.removeAllContentTypeParsers()
      app.addContentTypeParser('*', (_request, _payload, done) => done(null))
      app.route({
        method: ['GET', 'HEAD', 'POST', 'PUT', 'OPTIONS'],
        url: '/*',
        handler: (request, reply) => {
          reply.hijack()
          handler(request.raw, reply.raw)
        },
      })
      await app.listen({ port: 0, host: '127.0.0.1' })
      return { idle: app.idle, servers: [app.server], stop: () => app.close() }
    },
  }
}
