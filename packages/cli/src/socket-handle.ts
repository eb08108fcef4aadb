import { Socket } from 'node:net'

/**
 * Stops reading within the same turn. Later bytes stay in the kernel for the process that gets the connection.
 *
 * `pause()` alone goes on reading until a buffer is full. `readStop` of the handle is private (Node 20-26). Without it,
 * bytes that are read meanwhile would be lost.
 */
export function stopReading(socket: Socket): void {
  socket.pause()
  callOn(socket, 'readStop')
}

/**
 * Undoes {@link stopReading} if the connection stays here. Without this, Node believes that it still reads, and does
 * not start. Leaves a socket alone of which nothing was read yet, because Node fails if it starts reading twice.
 */
export function readAgain(socket: Socket): void {
  const handle: unknown = Reflect.get(socket, '_handle')
  if (Reflect.get(Object(handle), 'reading') === true) callOn(socket, 'readStart')
}

/**
 * Reports whether a client whose socket is not read is known to have left.
 *
 * Its reset is not an event while nothing reads, but the kernel no longer has a peer. A client that has ended only its
 * own side may still want its answer. `getpeername` of the handle is private (Node 20-26). Without it, and for unix
 * sockets, only a destroyed socket counts as left.
 */
export function isReset(socket: Socket): boolean {
  const handle: unknown = Reflect.get(socket, '_handle')
  const method: unknown = Reflect.get(Object(handle), 'getpeername')
  const failed: unknown = typeof method === 'function' ? Reflect.apply(method, handle, [{}]) : 0
  return socket.destroyed || (typeof failed === 'number' && failed !== 0)
}

/**
 * Returns a function that stops reading within the same turn. Returns `undefined` without the handle's `readStop`,
 * which is private (Node 20-26). Connections are not returned then.
 */
export function readStopOf(socket: Socket): (() => boolean) | undefined {
  const handle: unknown = Reflect.get(socket, '_handle')
  const stop: unknown = Reflect.get(Object(handle), 'readStop')
  return typeof stop === 'function' ? () => Reflect.apply(stop, handle, []) === 0 : undefined
}

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

/** Closes only this process's copy. No FIN is sent. Does nothing for a value that is not a socket or a handle. */
export function closeCopy(connection: unknown): void {
  callFirst(connection, ['destroy', 'close'])
}

function callOn(socket: Socket, name: 'readStart' | 'readStop'): void {
  const handle: unknown = Reflect.get(socket, '_handle')
  const method: unknown = Reflect.get(Object(handle), name)
  if (typeof method === 'function') Reflect.apply(method, handle, [])
}

/** Calls the first of these methods that the socket or handle has. */
function callFirst(connection: unknown, names: readonly string[]): void {
  for (const name of names) {
    const method: unknown = Reflect.get(Object(connection), name)
    if (typeof method !== 'function') continue
    Reflect.apply(method, connection, [])
    return
  }
}
