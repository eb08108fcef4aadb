import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer as createHttp } from 'node:http'
import { createServer as createH2c, createSecureServer } from 'node:http2'
import { createServer as createHttps } from 'node:https'
import { createServer as createNet } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer as createTls } from 'node:tls'
import { type AnyServer, IdleShutdown } from '@idle-shutdown/core'
import { CERTIFICATE, KEY } from './certificate.ts'
import type { Handler, Subject } from './subject.ts'

/** The kinds of server that Node has. */
export type ServerKind = 'http' | 'https' | 'h2c' | 'h2' | 'h2 with HTTP/1' | 'net' | 'tls'

/** Creates a server of the given kind. It does not listen yet. */
export function makeServer(kind: ServerKind, handler?: Handler): AnyServer {
  const tls = { key: KEY, cert: CERTIFICATE }
  const makers: Record<ServerKind, () => AnyServer> = {
    http: () => createHttp(),
    https: () => createHttps(tls),
    h2c: () => createH2c(),
    h2: () => createSecureServer(tls),
    'h2 with HTTP/1': () => createSecureServer({ ...tls, allowHTTP1: true }),
    net: () => createNet(),
    tls: () => createTls(tls),
  }
  const server = makers[kind]()
  if (handler !== undefined) server.on('request', handler)
  return server
}

/**
 * Listens on a free port of 127.0.0.1, or on a new unix socket. Returns the function that removes the socket's
 * directory.
 */
export async function listen(server: AnyServer, where: 'tcp' | 'unix' = 'tcp'): Promise<() => void> {
  if (where === 'tcp') {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return () => {}
  }
  const directory = mkdtempSync(join(tmpdir(), 'idle-'))
  server.listen(join(directory, 's'))
  await once(server, 'listening')
  return () => rmSync(directory, { recursive: true, force: true })
}

const MARKED = '/marked'

function coreSubject(name: string, kind: ServerKind, protocol: Subject['protocol']): Subject {
  const secure = !['http', 'h2c', 'net'].includes(kind)
  return {
    name,
    protocol,
    secure,
    http1Too: kind === 'h2 with HTTP/1',
    ...(protocol === 'raw' ? {} : { ignoredRoute: MARKED }),
    async serve(handler, options, { where, prepare } = {}) {
      const server = makeServer(
        kind,
        protocol === 'raw'
          ? undefined
          : (request, response) => {
              if (request.url === MARKED) idle.ignoreRequest(request)
              handler(request, response)
            },
      )
      server.on('tlsClientError', () => {})
      prepare?.(server)
      const idle = new IdleShutdown(server, options)
      const stop = await listen(server, where)
      return { idle, servers: [server], stop }
    },
  }
}

/** The core over every protocol. */
export const coreSubjects: readonly Subject[] = [
  coreSubject('http', 'http', 'http/1.1'),
  coreSubject('https', 'https', 'http/1.1'),
  coreSubject('h2c', 'h2c', 'h2'),
  coreSubject('h2', 'h2', 'h2'),
  coreSubject('h2 with HTTP/1, over HTTP/1', 'h2 with HTTP/1', 'http/1.1'),
  coreSubject('h2 with HTTP/1, over HTTP/2', 'h2 with HTTP/1', 'h2'),
  coreSubject('net', 'net', 'raw'),
  coreSubject('tls', 'tls', 'raw'),
]
