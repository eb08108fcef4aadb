import { Socket } from 'node:net'

/**
 * Returns the address that a client connected to, from a socket or its handle. Returns `undefined` for a unix socket.
 *
 * Needs a private method of Node's handles, which Node itself calls for `socket.localAddress` (Node 20-26).
 */
export function localAddressOf(connection: object): string | undefined {
  if (connection instanceof Socket) return connection.localAddress
  const name: unknown = Reflect.get(connection, 'getsockname')
  if (typeof name !== 'function') return undefined
  const out: { address?: unknown } = {}
  Reflect.apply(name, connection, [out])
  // A client that is already gone does not count as one of this machine.
  return typeof out.address === 'string' ? out.address : ''
}

/** Rejects a client with RST, as the kernel does for a port on which nothing listens. */
export function reset(connection: object): void {
  callFirst(connection, ['resetAndDestroy', 'reset', 'close'])
}

/** Closes only this process's copy. No FIN is sent. */
export function closeCopy(connection: object): void {
  callFirst(connection, ['destroy', 'close'])
}

/** Calls the first of these methods that the socket or handle has. */
function callFirst(connection: object, names: readonly string[]): void {
  for (const name of names) {
    const method: unknown = Reflect.get(connection, name)
    if (typeof method !== 'function') continue
    Reflect.apply(method, connection, [])
    return
  }
}
