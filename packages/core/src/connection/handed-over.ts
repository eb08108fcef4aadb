import type { Socket } from 'node:net'

/**
 * The sockets that this process hands over to another process as soon as nothing is in progress on them. A drain
 * neither ends such a connection nor announces its end, since another process answers the next request.
 */
export const handedOver: WeakSet<Socket> = new WeakSet()
