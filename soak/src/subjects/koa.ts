import type { Handler, Subject } from '@idle-shutdown/conformance'
import { idle } from '@idle-shutdown/koa'
import { listen, makeServer } from '@idle-shutdown/testing'
import Koa3 from 'koa'
import Koa2 from 'koa2'

/** Koa: one app, served again in each cycle. */
export const koaSubjects: readonly Subject[] = [subject('Koa 2', () => new Koa2()), subject('Koa 3', () => new Koa3())]

function subject(name: string, makeApp: () => Koa2 | Koa3): Subject {
  let answer: Handler = () => {}
  let served: { callback: ReturnType<Koa3['callback']>; middleware: ReturnType<typeof idle> } | undefined
  return {
    name,
    protocol: 'http/1.1',
    secure: false,
    async serve(handler, options, { prepare } = {}) {
      answer = handler
      if (served === undefined) {
        const app = makeApp()
        app.silent = true
        const middleware = idle({ app, ...options })
        app.use(middleware)
        app.use((ctx) => {
          // Koa's own default is 404.
          ctx.status = 200
          ctx.respond = false
          answer(ctx.req, ctx.res)
        })
        served = { callback: app.callback(), middleware }
      }
      const server = makeServer('http')
      server.on('request', served.callback)
      prepare?.(server)
      const stop = await listen(server)
      return { idle: served.middleware, servers: [server], stop }
    },
  }
}
