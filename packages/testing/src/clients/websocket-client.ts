import { once } from 'node:events'
import { connect as connectPlain, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { WebSocket } from 'ws'
import type { Address } from '../address.ts'
import { CERTIFICATE } from '../certificate.ts'

/** Opens a WebSocket and waits until it is open. Calls `onConnected` with the TCP or TLS socket before that. */
export async function openWebSocket(
  address: Address,
  secure = false,
  path = '/',
  onConnected: (socket: Socket) => void = () => {},
): Promise<WebSocket> {
  const webSocket = new WebSocket(`${secure ? 'wss' : 'ws'}://localhost${path}`, {
    createConnection() {
      const socket = secure
        ? connectTls({ ...address, ca: CERTIFICATE, servername: 'localhost' })
        : connectPlain(address)
      socket.once('connect', () => onConnected(socket))
      return socket
    },
  })
  webSocket.on('error', () => {})
  await once(webSocket, 'open')
  return webSocket
}
