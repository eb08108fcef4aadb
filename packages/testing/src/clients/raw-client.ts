import { once } from 'node:events'
import { connect as connectPlain, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { Address } from '../address.ts'
import { CERTIFICATE } from '../certificate.ts'
import { type ConnectionEnd, connectionEnd } from './connection-end.ts'

/** Options of {@link RawClient.connect}. */
export interface RawClientOptions {
  /** Connects over TLS. */
  readonly secure?: boolean
  /** The protocol that the client offers over TLS (ALPN). Default: none, which means HTTP/1.1. */
  readonly protocol?: 'h2' | 'http/1.1'
  /** Can still write after the server's FIN. */
  readonly allowHalfOpen?: boolean
  /** Receives the TCP socket once it is connected, before a TLS handshake that may fail. */
  readonly onConnected?: (socket: Socket) => void
}

/** A client that sends exact bytes over TCP, a unix socket, or TLS on either. */
export class RawClient {
  /** The socket that carries the client's bytes. */
  readonly socket: Socket
  /** Resolves with the way in which the connection ended. */
  readonly ended: Promise<ConnectionEnd>
  readonly #below: Socket
  /** Chunks that have arrived and were not read yet. One text would be copied at each append and search. */
  #pieces: string[] = []
  #closed = false
  #changed = (): void => {}

  /** Connects, and does the TLS handshake if `secure` is set. */
  static async connect(address: Address, options: RawClientOptions = {}): Promise<RawClient> {
    const { secure, protocol, allowHalfOpen = false, onConnected } = options
    const offer = protocol && { ALPNProtocols: [protocol] }
    const below = connectPlain({ ...address, allowHalfOpen })
    below.once('connect', () => onConnected?.(below))
    const socket = secure ? connectTls({ socket: below, ca: CERTIFICATE, servername: 'localhost', ...offer }) : below
    await once(socket, secure ? 'secureConnect' : 'connect')
    return new RawClient(socket, below)
  }

  private constructor(socket: Socket, below: Socket) {
    this.socket = socket
    this.#below = below
    this.ended = connectionEnd(socket)
    if (below !== socket) below.on('error', () => {})
    socket.setEncoding('latin1')
    socket.on('data', (text: string) => {
      this.#pieces.push(text)
      this.#changed()
    })
    void this.ended.then(() => {
      this.#closed = true
      this.#changed()
    })
  }

  /** All unread bytes that have arrived. */
  get received(): string {
    return this.#pieces.join('')
  }

  /** Sends bytes unchanged. Resolves when the kernel has taken them. */
  async send(text: string): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.socket.write(text, 'latin1', (error) => (error ? reject(error) : resolve()))
    })
  }

  /** Pipelines one or more HTTP/1.1 requests without a body in one piece. */
  async get(...paths: string[]): Promise<void> {
    await this.send(paths.map((path) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`).join(''))
  }

  /** Waits for `text`. Reads and returns everything up to its end. */
  async until(text: string): Promise<string> {
    let count = 0
    // Keeps the end of the searched text, since `text` may arrive in two pieces.
    let overlap = ''
    for (;;) {
      for (const piece of this.#pieces.slice(count)) {
        count++
        const searched = overlap + piece
        const index = searched.indexOf(text)
        if (index >= 0) return this.#read(count, searched.length - index - text.length)
        overlap = searched.slice(Math.max(0, searched.length - text.length + 1))
      }
      if (this.#closed) throw new Error(`The connection ended before ${JSON.stringify(text)}: ${this.received}`)
      await new Promise<void>((resolve) => {
        this.#changed = resolve
      })
    }
  }

  /** Removes and returns the first `count` pieces, except for the last `left` characters. */
  #read(count: number, left: number): string {
    const read = this.#pieces.splice(0, count).join('')
    const end = read.length - left
    if (left > 0) this.#pieces.unshift(read.slice(end))
    return read.slice(0, end)
  }

  /** Sends FIN, and continues to read. */
  halfClose(): void {
    this.socket.end()
  }

  /** Sends RST. A unix socket has no RST, so it is closed. */
  reset(): void {
    if (this.#below.remoteAddress === undefined) this.destroy()
    else this.#below.resetAndDestroy()
  }

  /**
   * Closes the connection, unless the socket below is already destroyed. If the socket below was reset, destroying the
   * TLS socket crashes the process with a segmentation fault (Node 20-26). Seen with 20.20, 22.23, 24.21 and 26.10.
   */
  destroy(): void {
    if (this.#below.destroyed) return
    this.socket.destroy()
    this.#below.destroy()
  }
}
