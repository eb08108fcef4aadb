import type { Handler, Subject } from '@idle-shutdown/conformance'
import { idle } from '@idle-shutdown/express'
import { listen, makeServer } from '@idle-shutdown/testing'
import express5 from 'express'
import express4 from 'express4'

// The types of Express 4 and 5 differ, but not for the members used here.
const makeExpress4: typeof express5 = Object(express4)

/** Express: one app, served again in each cycle. */
export const expressSubjects: readonly Subject[] = [subject('Express 4', makeExpress4), subject('Express 5', express5)]

function subject(name: string, express: typeof express5): Subject {
  let answer: Handler = () => {}
  let served: { app: ReturnType<typeof express5>; middleware: ReturnType<typeof idle> } | undefined
  return {
    name,
    protocol: 'http/1.1',
    secure: false,
    async serve(handler, options, { prepare } = {}) {
      answer = handler
      if (served === undefined) {
        served = { app: express(), middleware: idle(options) }
        served.app.use(served.middleware)
        served.app.use((request, response) => answer(request, response))
      }
      const { app, middleware } = served
      const server = makeServer('http')
      server.on('request', app)
      prepare?.(server)
      const stop = await listen(server)
      return { idle: middleware, servers: [server], stop }
    },
  }
}
