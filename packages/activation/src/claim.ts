import cluster from 'node:cluster'
import { IdleUsageError, showValue } from '@idle-shutdown/core/adapter'
import { type Inheritance, inheritance, type Misfit } from './inheritance.ts'
import type { InheritedSocket } from './inherited-socket.ts'

/** The sockets that a server asks for. */
export interface Wanted {
  readonly names: readonly string[] | undefined
  readonly kind: InheritedSocket['kind'] | undefined
}

/**
 * Returns the inherited sockets that one server is to serve, and claims them, so that no other server takes them. Empty
 * if nothing was inherited, or if all of it is claimed. Checks everything before it claims anything.
 */
export function claim(wanted: Wanted): readonly InheritedSocket[] {
  const inherited = inheritance()
  const { sockets, misfits, claimed } = inherited
  if (sockets.length + misfits.length === 0) return []
  if (process.versions['bun'] !== undefined) {
    throw new IdleUsageError(
      'ERR_IDLE_UNSUPPORTED_RUNTIME',
      `${listOf(sockets)} cannot be served by Bun, whose listen({ fd }) binds a random port instead; run the program with Node`,
    )
  }
  const chosen = wanted.names === undefined ? rest(inherited) : wanted.names.flatMap((name) => named(name, inherited))
  for (const socket of chosen) check(socket, wanted, chosen, inherited)
  for (const { fd } of chosen) claimed.add(fd)
  return chosen
}

/** Releases sockets that could not be served. */
export function unclaim(sockets: readonly InheritedSocket[]): void {
  const { claimed } = inheritance()
  for (const { fd } of sockets) claimed.delete(fd)
}

/** Returns a socket's label in messages. */
export function label({ fd, name }: { readonly fd: number; readonly name: string }): string {
  return `'${name}' (descriptor ${fd})`
}

function rest({ sockets, misfits, claimed }: Inheritance): readonly InheritedSocket[] {
  const [misfit] = misfits
  if (misfit !== undefined) throw unfit(misfit)
  return sockets.filter(({ fd }) => !claimed.has(fd))
}

/** Returns the sockets of a name. Several units may share it. */
function named(name: string, { sockets, misfits, claimed }: Inheritance): readonly InheritedSocket[] {
  const misfit = misfits.find((one) => one.name === name)
  if (misfit !== undefined) throw unfit(misfit)
  const found = sockets.filter((one) => one.name === name)
  if (found.length === 0) {
    throw new IdleUsageError(
      'ERR_IDLE_UNKNOWN_SOCKET',
      `No inherited socket has the name ${showValue(name)}; there are ${listOf(sockets)}. Set it with FileDescriptorName= in the .socket unit`,
    )
  }
  const taken = found.find(({ fd }) => claimed.has(fd))
  if (taken !== undefined) {
    throw new IdleUsageError('ERR_IDLE_SOCKET_TAKEN', `${label(taken)} is served already; a socket has one server`)
  }
  return found
}

function check(
  socket: InheritedSocket,
  { kind }: Wanted,
  chosen: readonly InheritedSocket[],
  { paths }: Inheritance,
): void {
  if (kind !== undefined && socket.kind !== kind) throw wrongKind(socket, kind)
  if (socket.kind === 'connection' && chosen.length > 1) throw wrongKind(socket, 'listening')
  if (cluster.isWorker && paths.has(socket.fd)) {
    throw new IdleUsageError(
      'ERR_IDLE_CLUSTER_WORKER',
      `${label(socket)} is a unix socket, which Node cannot share among cluster workers; listen on TCP, or serve it without cluster`,
    )
  }
}

/** Returns the error for a socket of the other kind. */
function wrongKind(socket: InheritedSocket, expected: InheritedSocket['kind']): IdleUsageError {
  const what = { listening: 'a listening socket', connection: 'a connection that somebody accepted' }
  const remedy =
    expected === 'listening'
      ? 'Set Accept=no in the .socket unit, or wait in inetd'
      : 'Set Accept=yes in the .socket unit, or nowait in inetd'
  return new IdleUsageError(
    'ERR_IDLE_SOCKET_KIND',
    `${label(socket)} is ${what[socket.kind]}; accepted is ${what[expected]}. ${remedy}`,
  )
}

/** Returns the error for a descriptor that no server can serve. */
export function unfit({ fd, name, kind }: Misfit): IdleUsageError {
  const socket = label({ fd, name })
  if (kind === 'datagram') {
    return new IdleUsageError(
      'ERR_IDLE_DATAGRAM_SOCKET',
      `${socket} is a datagram socket; accepted are stream sockets (ListenStream=). Name the others in names, and serve this one with node:dgram`,
    )
  }
  const what = kind === 'file' ? 'no socket' : 'a socket of another type'
  return new IdleUsageError(
    'ERR_IDLE_NO_SOCKET',
    `${socket} is ${what}; accepted are stream sockets (ListenStream=). Where it was passed on purpose, name the others in names`,
  )
}

function listOf(sockets: readonly InheritedSocket[]): string {
  return sockets.map(label).join(', ') || 'none'
}
