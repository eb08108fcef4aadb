import { once } from 'node:events'
import { connect as connectPlain } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { WebSocket } from 'ws'
import type { Address } from '../address.ts'
import { CERTIFICATE } from '../certificate.ts'

/** Opens a WebSocket and waits until it is open. */
export async function openWebSocket(address: Address, secure = false, path = '/'): Promise<WebSocket> {
  const socket = new WebSocket(`${secure ? 'wss' : 'ws'}://localhost${path}`, {
    createConnection: () =>
      secure ? connectTls({ ...address, ca: CERTIFICATE, servername: 'localhost' }) : connectPlain(address),
  })
  socket.on('error', () => {})
  await once(socket, 'open')
  return socket
}
