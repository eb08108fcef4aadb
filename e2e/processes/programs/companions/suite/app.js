// Apps of typical users, with a patience that ends long before the tests do.
import { idle } from '@idle-shutdown/express'
import { idle as forKoa } from '@idle-shutdown/koa'
import express from 'express'
import Koa from 'koa'

const patience = 30

export const expressApp = express()
export const shutdown = idle({ patience })
expressApp.use(shutdown)
expressApp.get('/', (_req, res) => res.send('Hello'))

export const koaApp = new Koa()
koaApp.use(forKoa({ app: koaApp, patience }))
koaApp.use((ctx) => {
  ctx.body = 'Hello'
})
