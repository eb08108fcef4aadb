import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createHttp2Server } from 'node:http2'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { type AnyServer, type IdleShutdownOptions, idleShutdown } from '@idle-shutdown/core'
import { idle as expressIdle } from '@idle-shutdown/express'
import { idleShutdown as fastifyIdle } from '@idle-shutdown/fastify'
import { idle as koaIdle } from '@idle-shutdown/koa'
import { CERTIFICATE, KEY } from '@idle-shutdown/testing'
import express from 'express'
import fastify from 'fastify'
import Koa from 'koa'
import { emptyMiddleware, listenersOnly, type Subject, subjects } from './subjects.ts'

export type Protocol = 'http' | 'https' | 'h2c'

/** A server that listens. */
interface Running {
  readonly port: number
  close(): Promise<unknown>
}

/** One way to serve "Hello", with and without the measured subject. */
export interface App {
  readonly name: string
  readonly protocol: Protocol
  /**
   * The subjects that the app can be served with. For a framework, ours is its adapter, and the floor is an empty
   * middleware or hook.
   */
  readonly subjects: readonly Subject[]
  serve(subject: Subject): Promise<Running>
}

const BODY = 'Hello\n'
const OPTIONS: IdleShutdownOptions = { patience: '15m' }
/** Milliseconds: longer than a server has to wait for its turn. */
const keepAliveTimeout = 600_000
const withoutPeers = subjects.filter(({ kind }) => kind !== 'peer')
const httpSubjects = [...subjects, listenersOnly]
const adapterSubjects = [...withoutPeers, emptyMiddleware]

export const apps: readonly App[] = [
  {
    name: 'node:http',
    protocol: 'http',
    subjects: httpSubjects,
    serve: (subject) => serveHttp(createServer({ keepAliveTimeout }, answer), subject),
  },
  {
    name: 'node:https',
    protocol: 'https',
    subjects: httpSubjects,
    serve: (subject) =>
      serveHttp(createHttpsServer({ key: KEY, cert: CERTIFICATE, keepAliveTimeout }, answer), subject),
  },
  {
    name: 'node:http2 (h2c)',
    protocol: 'h2c',
    subjects: [...withoutPeers, listenersOnly],
    serve: async ({ kind }) => {
      const server = createHttp2Server((_request, response) => response.end(BODY))
      if (kind === 'floor') server.prependListener('stream', (stream) => void stream.on('close', onClose))
      return listening(server, kind === 'ours' && idleShutdown(server, OPTIONS))
    },
  },
  {
    name: 'Express',
    protocol: 'http',
    subjects: adapterSubjects,
    serve: async ({ kind }) => {
      const app = express()
      const idle = kind === 'ours' && expressIdle(OPTIONS)
      if (idle) app.use(idle)
      if (kind === 'floor') app.use((_request, _response, next) => next())
      app.get('/', (_request, response) => void response.send(BODY))
      return listening(createServer({ keepAliveTimeout }, app), idle)
    },
  },
  {
    name: 'Fastify',
    protocol: 'http',
    subjects: adapterSubjects,
    serve: async ({ kind }) => {
      const app = fastify({ keepAliveTimeout })
      if (kind === 'ours') await app.register(fastifyIdle, OPTIONS)
      if (kind === 'floor') app.addHook('onRequest', (_request, _reply, done) => done())
      app.get('/', async () => BODY)
      await app.listen({ port: 0, host: '127.0.0.1' })
      return { port: portOf(app.server), close: () => app.close() }
    },
  },
  {
    name: 'Koa',
    protocol: 'http',
    subjects: adapterSubjects,
    serve: async ({ kind }) => {
      const app = new Koa()
      const idle = kind === 'ours' && koaIdle({ app, ...OPTIONS })
      if (idle) app.use(idle)
      if (kind === 'floor') app.use((_context, next) => next())
      app.use((context) => {
        context.body = BODY
      })
      return listening(createServer({ keepAliveTimeout }, app.callback()), idle)
    },
  },
]

function onClose(): void {}

function answer(_request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(200, { 'Content-Length': BODY.length }).end(BODY)
}

async function serveHttp(server: Server, subject: Subject): Promise<Running> {
  const close = subject.prepare(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { port: portOf(server), close }
}

async function listening(server: AnyServer, idle: false | { close(): Promise<unknown> }): Promise<Running> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: portOf(server),
    close: () => (idle ? idle.close() : new Promise((resolve) => server.close(resolve))),
  }
}

function portOf(server: { address(): AddressInfo | string | null }): number {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The server listens on no port')
  return address.port
}
