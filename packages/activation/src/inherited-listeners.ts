import { once } from 'node:events'
import { createServer, type Server } from 'node:net'
import type { AnyServer } from '@idle-shutdown/core'
import { beforeClose } from './before-close.ts'
import { isNonBlocking } from './descriptor.ts'
import { type InheritedSocket, readInherited } from './inherited-sockets.ts'

/**
 * The longest backlog. The kernel's own limit is lower. The supervisor's choice cannot be read, and listen(2) replaces
 * it.
 */
const LONGEST_BACKLOG = 65_535

/**
 * Lets `server` accept on all of `sockets`, and resolves with their addresses. When the server's `close()` is called,
 * all listeners close within that call, and get their earlier blocking mode back.
 */
export async function acceptOn(
  server: AnyServer,
  sockets: readonly InheritedSocket[],
  backlog: number = LONGEST_BACKLOG,
): Promise<readonly string[]> {
  // Read before Node opens the sockets, because Node makes them non-blocking.
  const before = sockets.map(({ fd }) => ({ fd, blocking: isNonBlocking(fd) === false }))
  const listeners = before.map((socket, index) => ({
    ...socket,
    server: index === 0 ? server : createServer((connection) => server.emit('connection', connection)),
  }))
  const settled = Promise.allSettled(
    listeners.map(async (listener) => {
      listener.server.listen({ fd: listener.fd }, backlog)
      await once(listener.server, 'listening')
      if (listener.server !== server) acceptFor(server, listener.server)
    }),
  )
  const restore = (): void => {
    for (const listener of listeners) if (listener.blocking) setBlocking(listener.server)
  }
  const failed = (await settled).find(({ status }) => status === 'rejected')
  if (failed?.status === 'rejected') {
    restore()
    for (const listener of listeners) if (listener.server.listening) listener.server.close()
    throw failed.reason
  }

  // The program may exit without calling close().
  process.on('exit', restore)
  beforeClose(server, () => {
    process.off('exit', restore)
    restore()
    for (const listener of listeners.slice(1)) listener.server.close()
  })
  const { paths } = readInherited()
  return listeners.map((listener) => paths.get(listener.fd) ?? addressOf(listener.server))
}

/** Returns a listener's address for people. */
export function addressOf(server: Server): string {
  const address = server.address()
  if (address === null || typeof address === 'string') return address ?? 'unknown'
  return address.family === 'IPv6' ? `[${address.address}]:${address.port}` : `${address.address}:${address.port}`
}

/**
 * Hands the connections of a further listener to the server's own listener, as if that had accepted them. They get the
 * server's options and are counted, so that 'close' waits for them.
 *
 * Node has no public API for this. Its cluster module uses `onconnection`. Without that, the connection is emitted on
 * the server, and is not counted.
 */
function acceptFor(server: Server, further: Server): void {
  const handle: unknown = Reflect.get(further, '_handle')
  const accept = acceptOf(handle)
  if (accept === undefined) return
  Reflect.set(Object(handle), 'onconnection', (...args: unknown[]) => {
    const first: unknown = Reflect.get(server, '_handle')
    const acceptFirst = acceptOf(first)
    if (acceptFirst === undefined) Reflect.apply(accept, handle, args)
    else Reflect.apply(acceptFirst, first, args)
  })
}

function acceptOf(handle: unknown): ((...args: unknown[]) => unknown) | undefined {
  const accept: unknown = Reflect.get(Object(handle), 'onconnection')
  return typeof accept === 'function' ? (...args) => Reflect.apply(accept, handle, args) : undefined
}

/**
 * Makes a socket blocking again. O_NONBLOCK belongs to the socket, and not to this process. The next process or the
 * supervisor may expect that accept() waits. systemd sets O_NONBLOCK as the unit says; inetd and smaller supervisors do
 * not.
 */
function setBlocking(server: Server): void {
  const handle: unknown = Reflect.get(server, '_handle')
  const set: unknown = Reflect.get(Object(handle), 'setBlocking')
  if (typeof set === 'function') Reflect.apply(set, handle, [true])
}
