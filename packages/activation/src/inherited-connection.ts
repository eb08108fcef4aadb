import { channel } from 'node:diagnostics_channel'
import { Socket } from 'node:net'
import type { AnyServer } from '@idle-shutdown/core'
import { after, SERVE, systemClock } from '@idle-shutdown/core/adapter'
import { unfit } from './claim.ts'
import type { InheritedSocket } from './inherited-socket.ts'

/**
 * Gives `server` a connection that somebody else accepted, and closes the server when it ends: nothing else can come, so the
 * process ends by itself, and who watches the server learns of it.
 */
export function serveConnection(server: AnyServer, inherited: InheritedSocket): void {
  const connection = open(inherited, server)
  // As if the server had accepted it; an HTTP server sets it itself.
  Reflect.set(connection, 'server', server)
  if (Reflect.get(server, 'noDelay') === true) connection.setNoDelay(true)
  connection.once('close', () => server.close())
  boundSilence(server, connection)
  // Adapters find servers when they listen, which this one never does.
  channel(SERVE).publish({ server })
  server.emit('connection', connection)
}

function open(inherited: InheritedSocket, server: AnyServer): Socket {
  const allowHalfOpen = Reflect.get(server, 'allowHalfOpen') === true
  try {
    return new Socket({ fd: inherited.fd, readable: true, writable: true, allowHalfOpen })
  } catch (error) {
    // Its type is all that Node refuses: a connected datagram socket is told from a stream only here.
    if (error instanceof Error && 'code' in error && error.code === 'ERR_INVALID_FD_TYPE')
      throw unfit({ ...inherited, kind: 'datagram' })
    throw error
  }
}

/** Node bounds how long a request's head may take only on servers that listen. A client that says nothing would be served for ever. */
function boundSilence(server: AnyServer, connection: Socket): void {
  const limit: unknown = Reflect.get(server, 'headersTimeout')
  if (typeof limit !== 'number' || limit === 0) return
  let carrier = connection
  const secured = (socket: Socket): void => {
    carrier = socket
  }
  const stop = (): void => {
    forget()
    server.off('request', stop)
    server.off('secureConnection', secured)
  }
  const forget = after(systemClock, limit, () => {
    stop()
    // An upgraded socket has no parser any more.
    if (Reflect.get(carrier, 'parser') !== null) connection.destroy()
  })
  server.on('request', stop)
  server.on('secureConnection', secured)
  connection.once('close', stop)
}
