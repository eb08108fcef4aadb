import cluster from 'node:cluster'
import { IdleUsageError, showValue } from '@idle-shutdown/core/adapter'
import {
  type InheritedDescriptors,
  type InheritedSocket,
  readInherited,
  type UnsupportedDescriptor,
} from './inherited-sockets.ts'

/** The sockets that a server asks for. */
export interface ClaimOptions {
  readonly names: readonly string[] | undefined
  readonly kind: InheritedSocket['kind'] | undefined
}

/**
 * Returns the inherited sockets that one server is to serve, and claims them, so that no other server takes them. Empty
 * if nothing was inherited, or if all of it is claimed. Checks everything before it claims anything.
 */
export function claim(options: ClaimOptions): readonly InheritedSocket[] {
  const inherited = readInherited()
  const { sockets, unsupported, claimed } = inherited
  if (sockets.length + unsupported.length === 0) return []
  if (process.versions['bun'] !== undefined) {
    throw new IdleUsageError(
      'ERR_IDLE_UNSUPPORTED_RUNTIME',
      `${listOf(sockets)} cannot be served by Bun, whose listen({ fd }) binds a random port. Run the program with Node`,
    )
  }
  const chosen = options.names === undefined ? rest(inherited) : options.names.flatMap((name) => named(name, inherited))
  for (const socket of chosen) check(socket, options, chosen, inherited)
  for (const { fd } of chosen) claimed.add(fd)
  return chosen
}

/** Releases sockets that could not be served. */
export function release(sockets: readonly InheritedSocket[]): void {
  const { claimed } = readInherited()
  for (const { fd } of sockets) claimed.delete(fd)
}

/** Returns a socket's label in messages. */
export function label({ fd, name }: { readonly fd: number; readonly name: string }): string {
  return `'${name}' (descriptor ${fd})`
}

function rest({ sockets, unsupported, claimed }: InheritedDescriptors): readonly InheritedSocket[] {
  const [other] = unsupported
  if (other !== undefined) throw unsupportedError(other)
  return sockets.filter(({ fd }) => !claimed.has(fd))
}

/** Returns the sockets of a name. Several units may share it. */
function named(name: string, { sockets, unsupported, claimed }: InheritedDescriptors): readonly InheritedSocket[] {
  const other = unsupported.find((one) => one.name === name)
  if (other !== undefined) throw unsupportedError(other)
  const found = sockets.filter((one) => one.name === name)
  if (found.length === 0) {
    throw new IdleUsageError(
      'ERR_IDLE_UNKNOWN_SOCKET',
      `"names" must have names of inherited sockets: ${listOf(sockets)}. Received ${showValue(name)}. Set the name with FileDescriptorName= in the .socket unit`,
    )
  }
  const taken = found.find(({ fd }) => claimed.has(fd))
  if (taken !== undefined) {
    throw new IdleUsageError(
      'ERR_IDLE_SOCKET_IN_USE',
      `"names" must have sockets that no other server serves. Received ${label(taken)}. Serve it once`,
    )
  }
  return found
}

function check(
  socket: InheritedSocket,
  { kind }: ClaimOptions,
  chosen: readonly InheritedSocket[],
  { paths }: InheritedDescriptors,
): void {
  if (kind !== undefined && socket.kind !== kind) throw wrongKind(socket, kind)
  if (socket.kind === 'connection' && chosen.length > 1) throw wrongKind(socket, 'listening')
  if (cluster.isWorker && paths.has(socket.fd)) {
    throw new IdleUsageError(
      'ERR_IDLE_CLUSTER_WORKER',
      `A cluster worker must not serve a unix socket, which Node cannot share. Received ${label(socket)}. Listen on TCP, or serve it without cluster`,
    )
  }
}

/** Returns the error for a socket of the other kind. */
function wrongKind(socket: InheritedSocket, expected: InheritedSocket['kind']): IdleUsageError {
  const what = { listening: 'a listening socket', connection: 'a connection that was accepted' }
  const remedy =
    expected === 'listening'
      ? 'Set Accept=no in the .socket unit, or wait in inetd'
      : 'Set Accept=yes in the .socket unit, or nowait in inetd'
  return new IdleUsageError(
    'ERR_IDLE_SOCKET_KIND',
    `The inherited socket must be ${what[expected]}. Received ${label(socket)}, ${what[socket.kind]}. ${remedy}`,
  )
}

/** Returns the error for a descriptor that no server can serve. */
export function unsupportedError({ fd, name, kind }: UnsupportedDescriptor): IdleUsageError {
  const socket = label({ fd, name })
  if (kind === 'datagram') {
    return new IdleUsageError(
      'ERR_IDLE_DATAGRAM_SOCKET',
      `The inherited sockets must be stream sockets (ListenStream=). Received ${socket}, a datagram socket. Name the others in names, and serve this one with node:dgram`,
    )
  }
  const what = kind === 'file' ? 'not a socket' : 'a socket of another type'
  return new IdleUsageError(
    'ERR_IDLE_NO_SOCKET',
    `The inherited sockets must be stream sockets (ListenStream=). Received ${socket}, ${what}. Name the others in names, if this one was passed on purpose`,
  )
}

function listOf(sockets: readonly InheritedSocket[]): string {
  return sockets.map(label).join(', ') || 'none'
}
