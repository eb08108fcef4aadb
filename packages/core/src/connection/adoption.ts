import { type IncomingMessage, ServerResponse } from 'node:http'
import type { Http2Session } from 'node:http2'
import type { Socket } from 'node:net'
import { attach, type Connection, type ConnectionContext, connectionOn, firstConnectionOn } from './connection.ts'
import { Http1Connection } from './http1-connection.ts'
import { Http2Connection } from './http2-connection.ts'
import { currentResponse, hasLeftHttp, socketBelow } from './node-internals.ts'

// What is special about connections and requests that are older than the watch of their server.

/** An HTTP/1 connection that was open before its server was watched. Does not count if no byte has arrived on it. */
export class AdoptedConnection extends Http1Connection {
  /**
   * Takes `counts` for a socket whose requests in progress Node does not show. The connection then counts until its
   * next request ends, or until it closes.
   */
  constructor(context: ConnectionContext, socket: Socket, read: number, counts: boolean) {
    // If bytes have been read, the first request has arrived.
    super(context, socket, read === 0 ? 'new' : 'idle', counts)
    this.recordBytes()
    if (hasLeftHttp(socket)) this.adoptUpgrade()
    this.#adoptCurrent()
  }

  /** Counts a response that was in progress before the server was watched. `first`: before all others in progress. */
  adopt(response: ServerResponse, first = false): void {
    if (!this.responses.includes(response)) this.requestBegan(response.req, response, first)
  }

  override requestFinished(response: ServerResponse): void {
    super.requestFinished(response)
    // Node publishes the event before it shows the next pipelined response. In a drain, super does this.
    if (!this.context.drain.begun) process.nextTick(() => this.closeAfter(response))
  }

  protected override closeAfter(response: ServerResponse): void {
    this.#adoptCurrent(response)
    super.closeAfter(response)
  }

  /**
   * Counts the response that Node shows as the current one, behind which later requests may have begun. Node shows no
   * other pipelined responses that began before the server was watched.
   */
  #adoptCurrent(finished?: ServerResponse): void {
    const response = currentResponse(this.transport)
    if (response instanceof ServerResponse && response !== finished && !this.transport.destroyed)
      this.adopt(response, true)
  }
}

/** Counts an HTTP/1 request that began before its server was watched. */
export function adoptRequest(context: ConnectionContext, { socket }: IncomingMessage, response: ServerResponse): void {
  if (firstConnectionOn(socket) === undefined) adoptTlsSocket(socket)
  const connection = connectionOn(socket, context)
  if (connection instanceof AdoptedConnection) connection.adopt(response)
}

/**
 * Returns the first connection below a TLS socket, and attaches the connections to the TLS socket.
 *
 * If the TLS socket was open before its server was watched, only the socket below it leads to the connection.
 */
export function adoptTlsSocket(socket: Socket): Connection | undefined {
  // Return early: requests of servers that are not watched also arrive here, and must stay cheap.
  if (!('encrypted' in socket)) return undefined
  const below = socketBelow(socket)
  if (below === undefined) return undefined
  const first = firstConnectionOn(below)
  for (let each = first; each !== undefined; each = each.next) each.transport = socket
  attach(socket, first)
  return first
}

/**
 * Returns the connection of an HTTP/2 session. Makes one if only the socket is known, as of a session that was open
 * before its server was watched. `settled`: the client's SETTINGS have arrived.
 */
export function connectionOfSession(
  context: ConnectionContext,
  session: Http2Session,
  settled: boolean,
): Http2Connection | undefined {
  const { socket } = session
  const connection = connectionOn(socketBelow(socket) ?? socket, context)
  if (connection instanceof Http1Connection) return new Http2Connection(connection, session, settled)
  return connection instanceof Http2Connection ? connection : undefined
}
