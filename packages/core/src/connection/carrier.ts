import type { Connection } from './connection.ts'

const kConnection: unique symbol = Symbol('idle-shutdown.connection')

/**
 * A socket or HTTP/2 stream with a linked list of its connections, one for each watch that saw it.
 *
 * A property lookup costs 5 ns, a WeakMap lookup 12 ns.
 */
export interface Carrier {
  readonly destroyed: boolean
  [kConnection]?: Connection | undefined
}

/** Returns the first connection of a socket or stream. */
export function carriedBy(carrier: Carrier): Connection | undefined {
  return carrier[kConnection]
}

/** Makes `connection` the first connection of `carrier`. */
export function carry(carrier: Carrier, connection: Connection | undefined): void {
  carrier[kConnection] = connection
}
