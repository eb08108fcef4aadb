import { once } from 'node:events'
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  constants,
  type IncomingHttpHeaders,
} from 'node:http2'
import { connect as connectPlain, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { Address } from '../address.ts'
import { CERTIFICATE } from '../certificate.ts'
import { collect } from './collect.ts'
import { type ConnectionEnd, connectionEnd } from './connection-end.ts'
import type { Ask, Exchange, HttpClient } from './http-client.ts'

/** A client with one HTTP/2 session. */
export class Http2Client implements HttpClient {
  readonly session: ClientHttp2Session
  readonly ended: Promise<ConnectionEnd>
  /** Resolves when the server has announced that it accepts no new streams. */
  readonly goaway: Promise<unknown>
  readonly #below: Socket

  /** Connects, and waits for the server's SETTINGS and its acknowledgement of ours. */
  static async connect(address: Address, secure = false): Promise<Http2Client> {
    const client = new Http2Client(address, secure)
    const { session } = client
    await Promise.all([once(session, 'remoteSettings'), once(session, 'localSettings')])
    return client
  }

  /** Starts to connect. */
  constructor(address: Address, secure = false) {
    const below = connectPlain(address)
    this.#below = below
    const socket = secure
      ? connectTls({ socket: below, ca: CERTIFICATE, servername: 'localhost', ALPNProtocols: ['h2'] })
      : below
    this.ended = connectionEnd(socket)
    this.session = connect(`${secure ? 'https' : 'http'}://localhost`, { createConnection: () => socket })
    this.session.on('error', () => {})
    this.goaway = new Promise((resolve) => this.session.once('goaway', resolve))
  }

  get connected(): boolean {
    return !this.session.closed && !this.session.destroyed
  }

  ask(path: string, { method = 'GET', headers = {}, body, unfinished = false, slow = false }: Ask = {}): Exchange {
    const hasBody = body !== undefined || unfinished
    let stream: ClientHttp2Stream
    try {
      stream = this.session.request({ ':method': method, ':path': path, ...headers }, { endStream: !hasBody })
    } catch (error) {
      return collect(Promise.reject(error), slow, () => {})
    }
    const incoming = new Promise<IncomingHttpHeaders & { ':status'?: number }>((resolve, reject) => {
      stream.once('response', resolve)
      stream.on('error', reject)
      stream.once('close', () => reject(new Error(`The stream closed without an answer, with code ${stream.rstCode}`)))
    })
    let ended = false
    stream.once('end', () => {
      ended = true
    })
    if (body !== undefined) stream.write(body)
    if (hasBody && !unfinished) stream.end()
    return collect(
      incoming.then((head) => ({
        status: head[':status'] ?? 0,
        headers: head,
        stream,
        complete: () => ended && stream.rstCode === constants.NGHTTP2_NO_ERROR,
      })),
      slow,
      () => stream.close(constants.NGHTTP2_CANCEL),
    )
  }

  /** Sends PING, and waits for its acknowledgement. */
  async ping(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.session.ping((error) => (error ? reject(error) : resolve()))
    })
  }

  /** Sends SETTINGS, and waits for their acknowledgement. */
  async settings(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.session.settings({ initialWindowSize: 100_000 }, (error) => (error ? reject(error) : resolve()))
    })
  }

  /**
   * Closes the session and its socket. After a GOAWAY, Node only ends the session's TLS socket, which may then stay
   * open and unread forever (seen with Node 20.20). So this method destroys the TCP socket below after two turns of the
   * event loop.
   */
  destroy(): void {
    this.session.destroy()
    setImmediate(() => setImmediate(() => this.#below.destroy()))
  }
}
