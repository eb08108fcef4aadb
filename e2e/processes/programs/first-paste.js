// The first snippet of a README for each framework, on any runtime. SERVE selects the framework. PATIENCE is in ms.
import { createServer } from 'node:http'
import process from 'node:process'
import { idleShutdown as core } from '@idle-shutdown/core'
import { idle as forExpress } from '@idle-shutdown/express'
import { idleShutdown as forFastify } from '@idle-shutdown/fastify'
import { idle as forKoa } from '@idle-shutdown/koa'
import express from 'express'
import fastify from 'fastify'
import Koa from 'koa'

const patience = Number(process.env.PATIENCE)
/** Waits longer than the patience. */
const later = () => new Promise((resolve) => setTimeout(resolve, 3 * patience, 'late'))
const say = (server) => console.log(`http ${server.address().port}`)

const serve = {
  'node:http'() {
    const server = createServer(async (_req, res) => res.end(await later()))
    core(server, { patience: `${patience}ms` })
    server.listen(0, '127.0.0.1', () => say(server))
  },
  Express() {
    const app = express()
    app.use(forExpress({ patience: `${patience}ms` }))
    app.get('/', async (_req, res) => res.send(await later()))
    const server = app.listen(0, '127.0.0.1', () => say(server))
  },
  async Fastify() {
    const app = fastify()
    await app.register(forFastify, { patience: `${patience}ms` })
    app.get('/', later)
    await app.listen({ port: 0, host: '127.0.0.1' })
    say(app.server)
  },
  Koa() {
    const app = new Koa()
    app.use(forKoa({ app, patience: `${patience}ms` }))
    app.use(async (ctx) => {
      ctx.body = await later()
    })
    const server = app.listen(0, '127.0.0.1', () => say(server))
  },
}

serve[process.env.SERVE]()
