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

/**
 * Reads the line, and shows the client's address in place of the private path's. Calls back when the socket may be served, with
 * the connection's number and nothing read from it: what follows comes only after {@link ACCEPTED}. `kept`: a process gave it back.
 */
export function readPreface(socket: Socket, callback: (id: number, kept: boolean) => void): void {
  let text = ''
  const onReadable = (): void => {
    for (let chunk: unknown = socket.read(); Buffer.isBuffer(chunk); chunk = socket.read()) text += chunk.toString()
    if (!text.endsWith('\n')) return
    socket.off('readable', onReadable)
    socket.off('error', onError)
    const { id, kept = false, ...shown }: Preface = JSON.parse(text)
    for (const [name, value] of Object.entries(shown)) {
      Object.defineProperty(socket, name, { value, configurable: true, enumerable: true })
    }
    callback(id, kept)
  }
  // A supervisor that ended: nobody waits for this connection.
  const onError = (): void => {}
  socket.on('error', onError)
  socket.on('readable', onReadable)
}
