import { conformance, type Subject } from '@idle-shutdown/conformance'
import { listen, makeServer } from '@idle-shutdown/testing'
import express5 from 'express'
import express4 from 'express4'
import { idle } from '../src/index.ts'

// The types of Express 4 differ from those of Express 5, but not in what this test uses.
const makeExpress4: typeof express5 = Object(express4)

for (const [name, express] of [
  ['Express 4', makeExpress4],
  ['Express 5', express5],
] as const) {
  for (const kind of ['http', 'https'] as const) {
    const subject: Subject = {
      name: `${name} over ${kind}`,
      protocol: 'http/1.1',
      secure: kind === 'https',
      ignoredRoute: '/marked',
      async serve(handler, options, { where, prepare } = {}) {
        const app = express()
        const middleware = idle(options)
        app.use(middleware)
        app.use('/marked', idle.ignored)
        app.use(handler)
        const server = makeServer(kind)
        server.on('request', app)
        server.on('tlsClientError', () => {})
        prepare?.(server)
        const stop = await listen(server, where)
        return { idle: middleware, servers: [server], stop }
      },
    }
    conformance(subject)
    if (kind === 'http') conformance(subject, 'unix')
  }
}
