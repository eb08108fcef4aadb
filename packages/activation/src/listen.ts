import { once } from 'node:events'
import type { ListenOptions as NodeListenOptions } from 'node:net'
import type { AnyServer } from '@idle-shutdown/core'
import { checkServer, invalidOption, rejectUnknownOptions } from '@idle-shutdown/core/adapter'
import { type ClaimOptions, claim, label, release } from './claim.ts'
import { serveConnection } from './inherited-connection.ts'
import { acceptOn, addressOf } from './inherited-listeners.ts'
import type { InheritedSocket } from './inherited-sockets.ts'
import { debug } from './sd-notify.ts'
import { registerService } from './service.ts'
import { service } from './service-variables.ts'

/** The sockets that a server serves. */
export interface ListenResult extends AsyncDisposable {
  /**
   * `listening`: inherited sockets. `connection`: a connection that the supervisor accepted; the process ends when it
   * closes. `fallback`: nothing was inherited, and the server listens itself.
   */
  readonly kind: 'listening' | 'connection' | 'fallback'
  /** The inherited sockets that it serves. */
  readonly sockets: readonly InheritedSocket[]
  /** Its addresses, for people and logs: `127.0.0.1:3000`, `[::]:3000`, `/run/web.sock`. */
  readonly addresses: readonly string[]
  /** Closes the server, and resolves when every connection has ended. Does not unlink inherited unix sockets. */
  close(): Promise<void>
}

/** Selects inherited sockets for a server. */
export interface ListenOptions {
  /** Only the sockets of these names. Default: every socket that no other server has taken. */
  names?: readonly string[]
  /** The kind of socket that the program is made for. A socket of the other kind is refused. Default: either. */
  kind?: InheritedSocket['kind']
}

/**
 * Serves every inherited socket, or one inherited connection, or listens on `fallback` if nothing was inherited. So the
 * same program runs under systemd, under inetd and by hand. Resolves when the server accepts.
 *
 * Leaves an inherited listener as it was for the next process: its path stays, and its blocking mode is restored. When
 * an inherited connection ends, the server is closed, and the process exits.
 *
 * @param fallback a port, a path, or the options of `server.listen()`
 * @throws IdleUsageError (the promise rejects) `ERR_IDLE_LISTEN_PID_MISMATCH`, `ERR_IDLE_INVALID_LISTEN_FDS`,
 *   `ERR_IDLE_NO_SOCKET`, `ERR_IDLE_DATAGRAM_SOCKET`, `ERR_IDLE_UNKNOWN_SOCKET`, `ERR_IDLE_SOCKET_IN_USE`,
 *   `ERR_IDLE_SOCKET_KIND`, `ERR_IDLE_CLUSTER_WORKER`, `ERR_IDLE_UNSUPPORTED_RUNTIME`, `ERR_IDLE_INVALID_SERVER`,
 *   `ERR_IDLE_UNKNOWN_OPTION`, `ERR_IDLE_INVALID_OPTION`; and the errors of Node's own `listen()`
 */
export async function listen(
  server: AnyServer,
  fallback: NodeListenOptions | number | string,
  options: ListenOptions = {},
): Promise<ListenResult> {
  checkServer(server)
  checkFallback(fallback)
  // Called first, so that a child that is started meanwhile does not inherit NOTIFY_SOCKET.
  service()
  const sockets = claim(wanted(options))
  try {
    const listening = new Served(server, sockets, await serve(server, sockets, fallback))
    registerService(server, starter(listening))
    return listening
  } catch (error) {
    release(sockets)
    throw error
  }
}

class Served implements ListenResult {
  readonly kind: ListenResult['kind']
  readonly sockets: readonly InheritedSocket[]
  readonly addresses: readonly string[]
  readonly #server: AnyServer

  constructor(server: AnyServer, sockets: readonly InheritedSocket[], addresses: readonly string[]) {
    this.#server = server
    this.kind = sockets[0]?.kind ?? 'fallback'
    this.sockets = sockets
    this.addresses = addresses
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    await closed
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

async function serve(
  server: AnyServer,
  sockets: readonly InheritedSocket[],
  fallback: NodeListenOptions | number | string,
): Promise<readonly string[]> {
  const [first] = sockets
  if (first?.kind === 'connection') {
    serveConnection(server, first)
    return []
  }
  if (first !== undefined) return acceptOn(server, sockets, typeof fallback === 'object' ? fallback.backlog : undefined)
  server.listen(fallback)
  await once(server, 'listening')
  return [addressOf(server)]
}

/** Returns what starts the process again, for explanations. Logs it once. */
function starter({ kind, sockets, addresses }: ListenResult): string {
  const list = sockets.map(label).join(', ')
  switch (kind) {
    case 'listening':
      debug('serves the inherited %s: its supervisor starts the process again after an idle end', list)
      return `the next connection to ${list}`
    case 'connection':
      debug('serves the inherited connection %s: the next one starts another process', list)
      return 'the next connection'
    case 'fallback':
      debug('listens on %s by itself: nothing known here starts it again after an idle end', addresses.join(', '))
      return 'nothing that is known here'
  }
}

function wanted(options: ListenOptions): ClaimOptions {
  rejectUnknownOptions(options, ['names', 'kind'])
  const { names, kind } = options
  if (names !== undefined && !(Array.isArray(names) && names.every((name) => typeof name === 'string'))) {
    throw invalidOption('names', names, 'an array of names')
  }
  if (kind !== undefined && kind !== 'listening' && kind !== 'connection') {
    throw invalidOption('kind', kind, `'listening' or 'connection'`)
  }
  return { names: names && [...new Set(names)], kind }
}

// Also called when the fallback is not used, so that a mistake in it shows at once.
function checkFallback(fallback: NodeListenOptions | number | string): void {
  const isPort = Number.isInteger(fallback) && Number(fallback) >= 0 && Number(fallback) <= 65_535
  const isOther =
    (typeof fallback === 'string' && fallback !== '') || (typeof fallback === 'object' && fallback !== null)
  if (!isPort && !isOther) {
    throw invalidOption('fallback', fallback, `a port, a path, or an object such as { port: 3000, host: '127.0.0.1' }`)
  }
}
