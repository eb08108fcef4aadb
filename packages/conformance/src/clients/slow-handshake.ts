import { once } from 'node:events'
import { connect as connectPlain, type Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import type { Address } from '../address.ts'
import { CERTIFICATE } from '../certificate.ts'

/** A TLS client whose first bytes go out when it is told so, a few at a time. */
export class SlowHandshake {
  /** What is spoken over TLS, once the handshake is done. */
  readonly tls: TLSSocket
  readonly #socket: Socket
  #held: Buffer = Buffer.alloc(0)
  #slow = true

  /** Connects, and has its first bytes ready. */
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

  /** Sends so many of the bytes that it has ready. */
  async send(count: number): Promise<void> {
    while (this.#held.length < count) await new Promise(setImmediate)
    this.#socket.write(this.#held.subarray(0, count))
    this.#held = this.#held.subarray(count)
  }

  /** Sends what is left, and goes on at once from now on. Resolves when the handshake is done. */
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
