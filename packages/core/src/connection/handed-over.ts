import type { Socket } from 'node:net'

/**
 * The sockets that this process hands over to another one as soon as nothing is in progress on them. A drain neither ends such a
 * connection nor announces its end: another process answers its client's next request.
 */
export const handedOver: WeakSet<Socket> = new WeakSet()
