import { type Server, Socket } from 'node:net'

/**
 * One end of a connection in this process: bytes written at one end are read at the other in the next tick.
 *
 * A real `net.Socket`, so that Node's own parsers and servers run as they do over the kernel.
 */
export class MemorySocket extends Socket {
  /** The other end. */
  peer: MemorySocket | undefined
  #read = 0
  #written = 0

  constructor(allowHalfOpen: boolean) {
    super({ allowHalfOpen })
    // These are accessors of the prototype that read the handle, and this socket has no handle (Node 20 and later).
    Object.defineProperties(this, { bytesRead: { get: () => this.#read }, bytesWritten: { get: () => this.#written } })
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error) => void): void {
    this.#written += chunk.length
    this.peer?.receive(chunk)
    done()
  }

  /** Several corked writes arrive at once. */
  override _writev(chunks: { chunk: Buffer }[], done: (error?: Error) => void): void {
    this._write(Buffer.concat(chunks.map(({ chunk }) => Buffer.from(chunk))), 'utf8', done)
  }

  override _final(done: (error?: Error) => void): void {
    this.peer?.receive(null)
    done()
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.peer?.receive(null)
    super._destroy(error, done)
  }

  /** Resets the connection, as RST does: the other end fails at once. */
  reset(): void {
    const { peer } = this
    this.destroy()
    peer?.destroy(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }))
  }

  private receive(chunk: Buffer | null): void {
    if (this.destroyed || this.readableEnded || this.#ended) return
    if (chunk === null) this.#ended = true
    else this.#read += chunk.length
    this.push(chunk)
  }

  #ended = false
}

/** Connects to a server in memory, as Node does when the kernel has accepted a connection. Returns both ends. */
export function connectInMemory(server: Server): { client: MemorySocket; accepted: MemorySocket } {
  const accepted = new MemorySocket(Reflect.get(server, 'allowHalfOpen') === true)
  const client = new MemorySocket(true)
  accepted.peer = client
  client.peer = accepted
  accepted.on('error', () => {})
  client.on('error', () => {})
  // net.Server does the same with a socket that it accepts. The socket counts towards 'close'.
  Reflect.set(accepted, 'server', server)
  Reflect.set(accepted, '_server', server)
  Reflect.set(server, '_connections', Number(Reflect.get(server, '_connections')) + 1)
  server.emit('connection', accepted)
  return { client, accepted }
}
