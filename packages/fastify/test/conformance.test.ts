import { join } from 'node:path'
import { conformance, type Subject } from '@idle-shutdown/conformance'
import { CERTIFICATE, KEY, makeTempFolder } from '@idle-shutdown/testing'
import fastify5, { type FastifyInstance } from 'fastify'
import fastify4 from 'fastify4'
import { idleShutdown } from '../src/index.ts'

const tls = { key: KEY, cert: CERTIFICATE }

// Apps with different kinds of server have different types in Fastify, but not in what this test uses.
const kinds = {
  http: {},
  https: { https: tls },
  h2c: { http2: true },
  h2: { http2: true, https: tls },
}

for (const [name, makeApp] of [
  ['Fastify 4', fastify4],
  ['Fastify 5', fastify5],
] as const) {
  for (const [kind, serverOptions] of Object.entries(kinds)) {
    const make: (options: object) => FastifyInstance = Object(makeApp)
    const subject: Subject = {
      name: `${name} over ${kind}`,
      protocol: kind.startsWith('h2') ? 'h2' : 'http/1.1',
      secure: kind === 'https' || kind === 'h2',
      ignoredRoute: '/marked',
      async serve(handler, options, { where = 'tcp', prepare } = {}) {
        const app = make({ ...serverOptions, exposeHeadRoutes: false })
        prepare?.(app.server)
        app.server.on('tlsClientError', () => {})
        await app.register(idleShutdown, options)
        // The handler reads the bodies.
        app.removeAllContentTypeParsers()
        app.addContentTypeParser('*', (_request, _payload, done) => done(null))
        for (const [url, idle] of [
          ['/marked', false],
          ['/*', true],
        ] as const) {
          app.route({
            method: ['GET', 'HEAD', 'POST', 'PUT', 'OPTIONS'],
            url,
            config: { idle },
            handler: (request, reply) => {
              reply.hijack()
              handler(request.raw, reply.raw)
            },
          })
        }
        let remove = (): void => {}
        const folder = makeTempFolder((removing) => {
          remove = removing
        })
        await app.listen(where === 'unix' ? { path: join(folder, 's') } : { port: 0, host: '127.0.0.1' })
        return {
          idle: app.idle,
          servers: [app.server],
          async stop() {
            await app.close()
            remove()
          },
        }
      },
    }
    conformance(subject)
    if (kind === 'http') conformance(subject, 'unix')
  }
}
