import type { Socket } from 'node:net'

/** What precedes a connection that comes over a private path: who the client is. One line of JSON. */
interface Preface {
  /** What the supervisor calls the connection. */
  readonly id: number
  /** Whether a process gave it back. */
  readonly kept?: boolean | undefined
  readonly remoteAddress?: string | undefined
  readonly remotePort?: number | undefined
  readonly remoteFamily?: string | undefined
  readonly localAddress?: string | undefined
  readonly localPort?: number | undefined
}

/** What the other side answers when it has a server for the connection. Only then anything else is sent. */
export const ACCEPTED = '+'

/** The line for a client's socket. `kept`: a process gave the connection back. */
export function prefaceOf(
  id: number,
  { remoteAddress, remotePort, remoteFamily, localAddress, localPort }: Socket,
  kept?: boolean,
): string {
  const preface: Preface = { id, kept, remoteAddress, remotePort, remoteFamily, localAddress, localPort }
  return `${JSON.stringify(preface)}\n`
}

/** No line of ours is as long as this (in characters). */
const LONGEST_LINE = 4096

/** What the line may show of the client. */
const SHOWN = ['remoteAddress', 'remotePort', 'remoteFamily', 'localAddress', 'localPort'] as const

/**
 * Reads the line, and shows the client's address in place of the private path's. Calls back when the socket may be served, with
 * the connection's number and nothing read from it: what follows comes only after {@link ACCEPTED}. `kept`: a process gave it back.
 * Destroys a socket on which another line arrives, or none that ends.
 */
export function readPreface(socket: Socket, callback: (id: number, kept: boolean) => void): void {
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
    callback(id, Reflect.get(Object(preface), 'kept') === true)
  }
  // A supervisor that ended: nobody waits for this connection.
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
