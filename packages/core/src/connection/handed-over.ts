import type { Socket } from 'node:net'

/**
 * The sockets that this process hands over to another process as soon as nothing is in progress on them. A drain
 * neither ends such an idle connection nor announces its end, since another process answers the next request.
 *
 * A connection cannot be handed over if its client is silent, or still sends the body of an answered request. It ends as
 * others do.
 */
export const handedOver: WeakSet<Socket> = new WeakSet()
