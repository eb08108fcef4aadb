import { createServer } from 'node:http'
import { conformance, type Subject } from '@idle-shutdown/conformance'
import { listen } from '@idle-shutdown/testing'
import { idleSteps, Steps } from './steps.ts'

const subject: Subject = {
  name: 'Steps over http',
  protocol: 'http/1.1',
  secure: false,
  ignoredRoute: '/healthz',
  async serve(handler, options, { where, prepare } = {}) {
    const app = new Steps()
    const server = createServer(app.listener)
    prepare?.(server)
    const idle = idleSteps(app, server, options)
    app.use(handler)
    const stop = await listen(server, where)
    return { idle, servers: [server], stop }
  },
}

conformance(subject)
conformance(subject, 'unix')
