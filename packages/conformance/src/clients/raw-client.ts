import { once } from 'node:events'
import { connect as connectPlain, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { Address } from '../address.ts'
import { CERTIFICATE } from '../certificate.ts'
import { type ConnectionEnd, connectionEnd } from './connection-end.ts'

/** How a {@link RawClient} connects. */
export interface RawClientOptions {
  /** Speaks TLS, after the handshake. */
  readonly secure?: boolean
  /** What it offers to speak over TLS (ALPN). Default: nothing, which is HTTP/1.1. */
  readonly protocol?: 'h2' | 'http/1.1'
  /** Goes on writing after the server's FIN. */
  readonly allowHalfOpen?: boolean
  /** Is given the TCP connection as soon as it is there: before the TLS handshake, which may fail. */
  readonly onConnected?: (socket: Socket) => void
}

/** A client that says every byte itself: over TCP, a unix socket, or TLS on either. */
export class RawClient {
  /** What is read from and written to. */
  readonly socket: Socket
  /** How the connection ended, once it has. */
  readonly ended: Promise<ConnectionEnd>
  readonly #below: Socket
  /** What has come and is not read yet, in pieces: appending to one text, and searching it, would copy all of it for each. */
  #pieces: string[] = []
  #closed = false
  #changed = (): void => {}

  /** Connects, and does the TLS handshake where asked to. */
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

  /** Everything that has come so far. */
  get received(): string {
    return this.#pieces.join('')
  }

  /** Sends bytes as they are. Resolves when the machine has taken them. */
  async send(text: string): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.socket.write(text, 'latin1', (error) => (error ? reject(error) : resolve()))
    })
  }

  /** Sends one or more HTTP/1.1 requests without a body in one piece: pipelined. */
  async get(...paths: string[]): Promise<void> {
    await this.send(paths.map((path) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`).join(''))
  }

  /** Waits until `text` has come, and gives everything that came up to its end; it is read then. */
  async until(text: string): Promise<string> {
    let count = 0
    // The end of what was searched: `text` may come in two pieces.
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

  /** Takes so many pieces, without what is left over at their end. */
  #read(count: number, left: number): string {
    const read = this.#pieces.splice(0, count).join('')
    const end = read.length - left
    if (left > 0) this.#pieces.unshift(read.slice(end))
    return read.slice(0, end)
  }

  /** Sends FIN, and goes on reading. */
  halfClose(): void {
    this.socket.end()
  }

  /** Sends RST. A unix socket has none, and is closed. */
  reset(): void {
    if (this.#below.remoteAddress === undefined) this.destroy()
    else this.#below.resetAndDestroy()
  }

  /**
   * Closes it. A TLS socket goes with the one below: destroying it, too, after that one was reset ends the process with a
   * segmentation fault (Node 20 to 26; seen with 20.20, 22.23, 24.21 and 26.10).
   */
  destroy(): void {
    if (this.#below.destroyed) return
    this.socket.destroy()
    this.#below.destroy()
  }
}
