import { request as httpRequest, type IncomingMessage } from 'node:http'
import { connect as connectPlain, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { Address } from '../address.ts'
import { CERTIFICATE } from '../certificate.ts'
import { collect } from './collect.ts'
import { type ConnectionEnd, connectionEnd } from './connection-end.ts'
import type { Ask, Exchange, HttpClient } from './http-client.ts'

/**
 * Node's own HTTP/1.1 client with one kept-alive connection. It sends one request at a time.
 *
 * It uses no agent. An agent has a data guard (Node 22 and later), which destroys a free socket at any input. FIN and
 * RST then look alike.
 */
export class KeepAliveClient implements HttpClient {
  /** Resolves with the way in which the first connection ended. */
  readonly ended: Promise<ConnectionEnd>
  readonly #address: Address
  readonly #secure: boolean
  #socket: Socket | undefined
  #onSocket: (socket: Socket) => void = () => {}

  constructor(address: Address, secure = false) {
    this.#address = address
    this.#secure = secure
    this.ended = new Promise<Socket>((resolve) => {
      this.#onSocket = resolve
    }).then(connectionEnd)
  }

  get connected(): boolean {
    return this.#socket?.destroyed === false
  }

  ask(path: string, { method = 'GET', headers = {}, body, unfinished = false, slow = false }: Ask = {}): Exchange {
    const socket = this.#connected()
    const request = httpRequest({
      method,
      path,
      headers: { host: 'localhost', connection: 'keep-alive', ...headers },
      createConnection: () => socket,
    })
    // Sets what an agent sets, which leaves the socket open after the response.
    request.shouldKeepAlive = headers['connection'] !== 'close'
    // Reads the socket between requests, so that a FIN is seen.
    const freed = new Promise((resolve) => request.once('close', () => resolve(socket.resume())))
    const message = new Promise<IncomingMessage>((resolve, reject) => {
      request.once('response', resolve)
      request.on('error', reject)
    })
    const incoming = message.then((response) => ({
      status: response.statusCode ?? 0,
      headers: response.headers,
      stream: response,
      complete: () => response.complete,
      ...(unfinished ? {} : { freed }),
    }))
    if (body !== undefined) request.write(body)
    if (unfinished) request.flushHeaders()
    else request.end()
    return collect(incoming, slow, () => request.destroy())
  }

  destroy(): void {
    this.#socket?.destroy()
  }

  #connected(): Socket {
    if (this.#socket?.destroyed === false) return this.#socket
    const socket = this.#secure
      ? connectTls({ ...this.#address, ca: CERTIFICATE, servername: 'localhost' })
      : connectPlain(this.#address)
    socket.on('error', () => {})
    this.#socket = socket
    this.#onSocket(socket)
    return socket
  }
}
