// HTTP/2 over TLS. HTTP/1.1 clients are accepted too.
import { createSecureServer } from 'node:http2'
import { idleShutdown } from '@idle-shutdown/core'
import { announce } from './announce.js'
import { tlsFiles } from './tls-files.js'

const server = createSecureServer({ ...tlsFiles(), allowHTTP1: true }, (_req, res) => {
  res.end('Hello\n')
})
idleShutdown(server, { patience: `${Number(process.env.PATIENCE ?? 900)}s` })
server.listen(0, '127.0.0.1', () => announce(server, 'https'))
