import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { ListenAddress } from '../listen-address.ts'
import { type BoundAddress, listenAt } from '../run/addresses/socket-path.ts'
import type { RunStatus } from '../run/run-status.ts'
import { isAllowedHost } from './host-header.ts'
import { statusReport } from './status-report.ts'

const PAGE: ReadonlyMap<string, { file: string; type: string }> = new Map([
  ['/', { file: 'index.html', type: 'text/html; charset=utf-8' }],
  ['/style.css', { file: 'style.css', type: 'text/css; charset=utf-8' }],
  ['/script.js', { file: 'script.js', type: 'text/javascript; charset=utf-8' }],
  ['/icon.svg', { file: 'icon.svg', type: 'image/svg+xml' }],
])

const HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy':
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  // No page of another origin can embed the page, or load it as a script or a picture to detect it.
  'cross-origin-resource-policy': 'same-origin',
}

/**
 * The largest number of open connections of viewers. Each takes a descriptor, which the clients of the command may
 * need.
 */
const MOST_CONNECTIONS = 1000

/** The supervisor whose status is served. */
interface Source {
  refresh(): Promise<RunStatus>
  /** Reports whether there is a descriptor for a connection. Without one, the connection is closed. */
  admit?(socket: Socket): boolean
}

/**
 * Serves a page about a supervisor, and the same as JSON at `/status.json`.
 *
 * Only reads: no request starts, keeps awake or ends anything. Answers only to its own names, see
 * {@link isAllowedHost}, and lets no page of another origin read it. On a path, only its own user can connect.
 * {@link StatusServer.close} ends it.
 */
export class StatusServer implements AsyncDisposable {
  readonly #server: Server
  readonly #source: Source
  #wanted: ListenAddress = { port: 0 }
  #listening: BoundAddress | undefined

  constructor(source: Source) {
    this.#source = source
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch((error: unknown) => {
        if (response.headersSent) response.destroy()
        else send(response, 500, 'text/plain; charset=utf-8', `${error instanceof Error ? error.message : error}\n`)
      })
    })
    this.#server.maxConnections = MOST_CONNECTIONS
    this.#server.on('connection', (socket: Socket) => source.admit?.(socket))
  }

  /**
   * Begins to listen. Rejects with the system's error. Replaces the socket of a supervisor that was killed, and nothing
   * else.
   */
  async start(address: ListenAddress): Promise<void> {
    this.#wanted = address
    this.#listening = await listenAt(this.#server, address, 'owner')
  }

  /** The port or the path on which the server listens. */
  get address(): number | string {
    const { bound } = this
    return 'path' in bound ? bound.path : bound.port
  }

  /** The address on which the server listens, with the port that the system chose. */
  get bound(): ListenAddress {
    const address = this.#server.address()
    if (address === null) throw new TypeError('The status server does not listen')
    return typeof address === 'string' ? { path: address } : { host: address.address, port: address.port }
  }

  /** The URL for a browser. On a path, the path. */
  get url(): string {
    const { bound } = this
    if ('path' in bound) return bound.path
    const { host = '', port } = bound
    return `http://${host.includes(':') ? `[${host}]` : host}:${port}/`
  }

  /** Takes no more connections, and cuts the open ones. A viewer loses one look at most. */
  async close(): Promise<void> {
    if (!this.#server.listening) return
    this.#listening?.stop()
    this.#server.closeAllConnections()
    await once(this.#server, 'close')
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #answer({ method = 'GET', url = '/', headers }: IncomingMessage, response: ServerResponse): Promise<void> {
    if (method !== 'GET' && method !== 'HEAD') {
      response.setHeader('allow', 'GET, HEAD')
      return send(response, 405, 'text/plain; charset=utf-8', 'Use GET or HEAD.\n')
    }
    // A browser cannot connect to a path.
    if ('port' in this.#wanted && !isAllowedHost(headers.host, this.#wanted.host)) {
      const own = 'Host header not allowed. Use an IP address, localhost, or the host given to --status.\n'
      return send(response, 403, 'text/plain; charset=utf-8', own)
    }
    const path = url.replace(/\?.*$/, '')
    const wantsJson =
      path === '/' && headers.accept?.includes('application/json') && !headers.accept.includes('text/html')
    if (path === '/status.json' || wantsJson) {
      const report = statusReport(await this.#source.refresh())
      return send(response, 200, 'application/json; charset=utf-8', `${JSON.stringify(report, null, 2)}\n`)
    }
    const found = PAGE.get(path)
    if (found === undefined)
      return send(response, 404, 'text/plain; charset=utf-8', 'Not found. See / and /status.json.\n')
    send(response, 200, found.type, await readFile(new URL(`../../status-page/${found.file}`, import.meta.url)))
  }
}

function send(response: ServerResponse, status: number, type: string, body: string | Buffer): void {
  // A response to HEAD has the length, too. Node leaves the body out.
  response.writeHead(status, { ...HEADERS, 'content-type': type, 'content-length': Buffer.byteLength(body) })
  response.end(body)
}
