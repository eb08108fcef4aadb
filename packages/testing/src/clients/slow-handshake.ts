import { once } from 'node:events'
import { connect as connectPlain, type Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import type { Address } from '../address.ts'
import { CERTIFICATE } from '../certificate.ts'

/** A TLS client that sends its first bytes a few at a time, on request. */
export class SlowHandshake {
  /** The TLS socket, usable once the handshake is done. */
  readonly tls: TLSSocket
  readonly #socket: Socket
  #held: Buffer = Buffer.alloc(0)
  #slow = true

  /** Connects and prepares the first bytes. */
  static async connect(address: Address): Promise<SlowHandshake> {
    const socket = connectPlain(address)
    await once(socket, 'connect')
    return new SlowHandshake(socket)
  }

  private constructor(socket: Socket) {
    this.#socket = socket
    const between = new Duplex({
      read() {},
      write: (bytes: Buffer, _encoding, done) => {
        if (this.#slow) this.#held = Buffer.concat([this.#held, bytes])
        else socket.write(bytes)
        done()
      },
    })
    socket.on('data', (bytes) => between.push(bytes))
    socket.on('end', () => between.push(null))
    socket.on('error', () => {})
    this.tls = connectTls({ socket: between, ca: CERTIFICATE, servername: 'localhost' })
    this.tls.on('error', () => {})
  }

  /** Sends the next `count` bytes that were held back. */
  async send(count: number): Promise<void> {
    while (this.#held.length < count) await new Promise(setImmediate)
    this.#socket.write(this.#held.subarray(0, count))
    this.#held = this.#held.subarray(count)
  }

  /** Sends the remaining bytes, and holds nothing back from now on. Resolves when the handshake is done. */
  async finish(): Promise<void> {
    const done = once(this.tls, 'secureConnect')
    this.#slow = false
    this.#socket.write(this.#held)
    await done
  }

  destroy(): void {
    this.#socket.destroy()
    this.tls.destroy()
  }
}
