import { IdleShutdown } from '@idle-shutdown/core'
import { listen, makeServer, type ServerKind } from '@idle-shutdown/testing'
import type { Request, Response, Subject } from './subject.ts'

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
      const server = makeServer<Request, Response>(
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
