import { Socket } from 'node:net'

/**
 * Returns the address that a client connected to, of a socket or of the handle of one. `undefined` for a unix socket, which has
 * none.
 *
 * Needs a private method of Node's handles, which Node itself calls for `socket.localAddress` (20 to 26).
 */
export function localAddressOf(connection: object): string | undefined {
  if (connection instanceof Socket) return connection.localAddress
  const name: unknown = Reflect.get(connection, 'getsockname')
  if (typeof name !== 'function') return undefined
  const out: { address?: unknown } = {}
  Reflect.apply(name, connection, [out])
  // A client that is gone already is not on this machine, as far as is known.
  return typeof out.address === 'string' ? out.address : ''
}

/** Turns a client away as the kernel does that of a port on which nothing listens: with RST. */
export function reset(connection: object): void {
  callFirst(connection, ['resetAndDestroy', 'reset', 'close'])
}

/** Closes this process's copy only: no FIN is sent. */
export function closeCopy(connection: object): void {
  callFirst(connection, ['destroy', 'close'])
}

/** Calls the first of these methods that a socket, or the handle of one, has. */
function callFirst(connection: object, names: readonly string[]): void {
  for (const name of names) {
    const method: unknown = Reflect.get(connection, name)
    if (typeof method !== 'function') continue
    Reflect.apply(method, connection, [])
    return
  }
}
