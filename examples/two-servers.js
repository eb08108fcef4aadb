// An app and its metrics with one shared deadline. Scraping does not count as activity, and both servers close
// together.
import { createServer } from 'node:http'
import { idleShutdown } from '@idle-shutdown/core'
import { announce } from './announce.js'

const app = createServer((_req, res) => res.end('Hello\n'))
const metrics = createServer((_req, res) => res.end(`${idle.tracker}\n`))
const idle = idleShutdown([app, metrics], { patience: `${Number(process.env.PATIENCE ?? 900)}s`, ignore: '/metrics' })
metrics.listen(0, '127.0.0.1')
app.listen(0, '127.0.0.1', () => announce(app))
