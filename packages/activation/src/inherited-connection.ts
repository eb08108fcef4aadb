import { channel } from 'node:diagnostics_channel'
import { Socket } from 'node:net'
import type { AnyServer } from '@idle-shutdown/core'
import { after, SERVE, systemClock } from '@idle-shutdown/core/adapter'
import { unsupportedError } from './claim.ts'
import type { InheritedSocket } from './inherited-sockets.ts'

/**
 * Passes a connection that another process accepted to `server`. Closes the server when the connection ends, since no
 * other can arrive. The process then exits, and 'close' is emitted.
 */
export function serveConnection(server: AnyServer, inherited: InheritedSocket): void {
  const connection = open(inherited, server)
  // Set as if the server had accepted it. An HTTP server sets it itself.
  Reflect.set(connection, 'server', server)
  if (Reflect.get(server, 'noDelay') === true) connection.setNoDelay(true)
  connection.once('close', () => server.close())
  limitSilence(server, connection)
  // Adapters find servers when they listen, and this server never listens.
  channel(SERVE).publish({ server })
  server.emit('connection', connection)
}

function open(inherited: InheritedSocket, server: AnyServer): Socket {
  const allowHalfOpen = Reflect.get(server, 'allowHalfOpen') === true
  try {
    return new Socket({ fd: inherited.fd, readable: true, writable: true, allowHalfOpen })
  } catch (error) {
    // The type of the descriptor is the only reason for which Node refuses it: a connected datagram socket differs from
    // a stream only here.
    if (error instanceof Error && 'code' in error && error.code === 'ERR_INVALID_FD_TYPE')
      throw unsupportedError({ ...inherited, kind: 'datagram' })
    throw error
  }
}

/**
 * Destroys a connection whose first request does not arrive within the server's `headersTimeout`. Node has this limit
 * only on servers that listen. Without it, a silent client would be served forever.
 */
function limitSilence(server: AnyServer, connection: Socket): void {
  const limit: unknown = Reflect.get(server, 'headersTimeout')
  if (typeof limit !== 'number' || limit === 0) return
  let transport = connection
  const onSecure = (socket: Socket): void => {
    transport = socket
  }
  const stop = (): void => {
    forget()
    server.off('request', stop)
    server.off('secureConnection', onSecure)
  }
  const forget = after(systemClock, limit, () => {
    stop()
    // An upgraded socket has no parser any more.
    if (Reflect.get(transport, 'parser') !== null) connection.destroy()
  })
  server.on('request', stop)
  server.on('secureConnection', onSecure)
  connection.once('close', stop)
}
