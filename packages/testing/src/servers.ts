import { once } from 'node:events'
import { createServer as createHttp, type Server as HttpServer } from 'node:http'
import { createServer as createH2c, createSecureServer, type Http2SecureServer, type Http2Server } from 'node:http2'
import { createServer as createHttps, type Server as HttpsServer } from 'node:https'
import { createServer as createNet, type Server as NetServer } from 'node:net'
import { join } from 'node:path'
import { createServer as createTls, type Server as TlsServer } from 'node:tls'
import { CERTIFICATE, KEY } from './certificate.ts'
import { makeTempFolder } from './temp-folder.ts'

/** The kinds of server that Node has. */
export type ServerKind = 'http' | 'https' | 'h2c' | 'h2' | 'h2 with HTTP/1' | 'net' | 'tls'

/** A server of one of the kinds. */
export type TestServer = HttpServer | HttpsServer | Http2Server | Http2SecureServer | NetServer | TlsServer

/** Creates a server of the given kind, with the listener of its requests. The server does not listen yet. */
export function makeServer<Request, Response>(
  kind: ServerKind,
  handler?: (request: Request, response: Response) => void,
): TestServer {
  const tls = { key: KEY, cert: CERTIFICATE }
  const makers: Record<ServerKind, () => TestServer> = {
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
export async function listen(server: TestServer, where: 'tcp' | 'unix' = 'tcp'): Promise<() => void> {
  if (where === 'tcp') {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return () => {}
  }
  let remove = (): void => {}
  const folder = makeTempFolder((removing) => {
    remove = removing
  })
  server.listen(join(folder, 's'))
  await once(server, 'listening')
  return remove
}
