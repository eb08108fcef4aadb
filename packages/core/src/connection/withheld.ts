import type { Socket } from 'node:net'

/**
 * The sockets that this process hands over to another one. Until a request arrives on such a connection, a drain leaves it alone:
 * another process answers its client's next request on the same connection.
 */
export const withheld: WeakSet<Socket> = new WeakSet()
