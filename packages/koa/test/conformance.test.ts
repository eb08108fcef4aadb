import { conformance, type Subject } from '@idle-shutdown/conformance'
import { listen, makeServer } from '@idle-shutdown/testing'
import Koa3 from 'koa'
import Koa2 from 'koa2'
import { idle } from '../src/index.ts'

for (const [name, makeApp] of [
  ['Koa 2', () => new Koa2()],
  ['Koa 3', () => new Koa3()],
] as const) {
  for (const kind of ['http', 'https', 'h2c', 'h2'] as const) {
    const subject: Subject = {
      name: `${name} over ${kind}`,
      protocol: kind.startsWith('h2') ? 'h2' : 'http/1.1',
      secure: kind === 'https' || kind === 'h2',
      ignoredRoute: '/marked',
      async serve(handler, options, { where, prepare } = {}) {
        const app = makeApp()
        app.silent = true
        const middleware = idle({ app, ...options })
        app.use(middleware)
        app.use((ctx, next) => (ctx.path === '/marked' ? idle.ignored(ctx, next) : next()))
        app.use((ctx) => {
          // Koa's own default is 404.
          ctx.status = 200
          ctx.respond = false
          handler(ctx.req, ctx.res)
        })
        const server = makeServer(kind)
        server.on('request', app.callback())
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
