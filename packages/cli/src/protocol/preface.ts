import type { Socket } from 'node:net'

/**
 * The one line of JSON that precedes a connection on a private path. It carries the addresses of the client's
 * connection.
 */
interface Preface {
  /** The supervisor's number for the connection. */
  readonly id: number
  /** Set if a process has returned the connection. */
  readonly returned?: boolean | undefined
  readonly remoteAddress?: string | undefined
  readonly remotePort?: number | undefined
  readonly remoteFamily?: string | undefined
  readonly localAddress?: string | undefined
  readonly localPort?: number | undefined
}

/**
 * The answer of a process that has a server for the connection. The supervisor sends nothing but the line before it.
 */
export const ACCEPTED = '+'

/** Returns the line for a client's socket. `returned` is true if a process has returned the connection. */
export function prefaceOf(
  id: number,
  { remoteAddress, remotePort, remoteFamily, localAddress, localPort }: Socket,
  returned?: boolean,
): string {
  const preface: Preface = { id, returned, remoteAddress, remotePort, remoteFamily, localAddress, localPort }
  return `${JSON.stringify(preface)}\n`
}

/** The longest line (in characters). No line of this protocol is longer. */
const LONGEST_LINE = 4096

/** The properties of a socket that the line may replace. */
const SHOWN = ['remoteAddress', 'remotePort', 'remoteFamily', 'localAddress', 'localPort'] as const

/**
 * Reads the line, and shows the client's addresses on the socket instead of those of the private path. Calls back with
 * the number of the connection when the socket may be served. Nothing of the client has been read by then, because the
 * supervisor sends the rest only after {@link ACCEPTED}. `returned` is true if a process has returned the connection.
 * Destroys a socket if another line arrives, or a line that is too long.
 */
export function readPreface(socket: Socket, callback: (id: number, returned: boolean) => void): void {
  let text = ''
  const onReadable = (): void => {
    for (let chunk: unknown = socket.read(); Buffer.isBuffer(chunk); chunk = socket.read()) {
      if (text.length <= LONGEST_LINE) text += chunk.toString('latin1')
    }
    if (text.length > LONGEST_LINE) socket.destroy()
    if (!text.endsWith('\n')) return
    socket.off('readable', onReadable)
    socket.off('error', onError)
    const preface = parsed(text)
    const id: unknown = Reflect.get(Object(preface), 'id')
    if (typeof id !== 'number') {
      socket.destroy()
      return
    }
    for (const name of SHOWN) {
      const value: unknown = Reflect.get(Object(preface), name)
      if (value !== undefined) Object.defineProperty(socket, name, { value, configurable: true, enumerable: true })
    }
    callback(id, Reflect.get(Object(preface), 'returned') === true)
  }
  // The supervisor has ended, and no process waits for this connection.
  const onError = (): void => {}
  socket.on('error', onError)
  socket.on('readable', onReadable)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
