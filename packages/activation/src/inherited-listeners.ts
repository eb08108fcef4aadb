import { once } from 'node:events'
import { createServer, type Server } from 'node:net'
import type { AnyServer } from '@idle-shutdown/core'
import { beforeClose } from './before-close.ts'
import { isNonBlocking } from './descriptor.ts'
import { inheritance } from './inheritance.ts'
import type { InheritedSocket } from './inherited-socket.ts'

/** The kernel's own limit is lower; what the supervisor chose cannot be read, and listen(2) sets it anew. */
const LONGEST_BACKLOG = 65_535

/**
 * Lets `server` accept on all of `sockets`, and resolves with their addresses. When the server's `close()` is called, all
 * listeners go down in that call, in the blocking mode in which they came.
 */
export async function acceptOn(
  server: AnyServer,
  sockets: readonly InheritedSocket[],
  backlog: number = LONGEST_BACKLOG,
): Promise<readonly string[]> {
  // Known before Node opens them: it makes them non-blocking.
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

  // Not everybody closes what he opened.
  process.on('exit', restore)
  beforeClose(server, () => {
    process.off('exit', restore)
    restore()
    for (const listener of listeners.slice(1)) listener.server.close()
  })
  const { paths } = inheritance()
  return listeners.map((listener) => paths.get(listener.fd) ?? addressOf(listener.server))
}

/** A listener's address for people. */
export function addressOf(server: Server): string {
  const address = server.address()
  if (address === null || typeof address === 'string') return address ?? 'unknown'
  return address.family === 'IPv6' ? `[${address.address}]:${address.port}` : `${address.address}:${address.port}`
}

/**
 * What the further listener accepts is handed to the server's own, as if that had accepted it: with the server's options, and
 * counted, so that its 'close' waits for it. Node has no public way to that; `onconnection` is what its cluster module uses.
 * Without it, the connection is given to the server by hand, uncounted.
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
 * O_NONBLOCK is of the socket, and not of this process: the next process, or the supervisor, may expect that accept() waits.
 * systemd sets it as the unit says; inetd and smaller supervisors do not.
 */
function setBlocking(server: Server): void {
  const handle: unknown = Reflect.get(server, '_handle')
  const set: unknown = Reflect.get(Object(handle), 'setBlocking')
  if (typeof set === 'function') Reflect.apply(set, handle, [true])
}
