// Fastify over HTTP/2.
import { idleShutdown } from '@idle-shutdown/fastify'
import fastify from 'fastify'
import { announce } from './announce.js'
import { tlsFiles } from './tls-files.js'

const app = fastify({ http2: true, https: { ...tlsFiles(), allowHTTP1: true } })
await app.register(idleShutdown, { patience: `${Number(process.env.PATIENCE ?? 900)}s` })
app.get('/', async () => 'Hello\n')
await app.listen({ port: 0, host: '127.0.0.1' })
announce(app.server, 'https')
