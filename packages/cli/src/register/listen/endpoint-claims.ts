import { existsSync, unlinkSync } from 'node:fs'
import { type AddressInfo, isIP, Server } from 'node:net'
import { type Endpoint, inLog, type Match } from './endpoint.ts'
import type { EndpointServer } from './endpoint-servers.ts'
import type { Host } from './host.ts'
import { privatePath } from './private-path.ts'

/** Takes a line of the log about a server that takes an endpoint, and a server that loses it. */
export type Report = (line: string) => void

/** The endpoints that one server takes, from its `listen()` to its `close()`. */
export interface EndpointClaim {
  readonly server: Server
  readonly takes: readonly { readonly endpoint: Endpoint; readonly entry: EndpointServer }[]
}

/** The endpoints that each server takes or is about to take. */
const claims = new WeakMap<Server, EndpointClaim>()

/** Reserves endpoints for a server that begins to listen. From now on, a second server on the same port is refused. */
export function reserve(server: Server, matches: readonly Match[], host: Host): EndpointClaim {
  const takes = matches.map(({ endpoint, rank }) => ({ endpoint, entry: { server, host, rank } }))
  const claim = { server, takes }
  for (const { endpoint, entry } of takes) endpoint.servers.begin(entry)
  claims.set(server, claim)
  return claim
}

/** Lets a server take its endpoints, unless it has closed meanwhile. */
export function activate({ server, takes }: EndpointClaim, report: Report): void {
  if (!server.listening) return
  for (const { endpoint, entry } of takes) {
    if (claims.get(server)?.takes.some((one) => one.entry === entry) !== true) continue
    const lost = endpoint.servers.open(entry)
    for (const one of lost)
      report(`${inLog(endpoint.address)}: ${describe(server)} listens on it, and ${describe(one.server)} loses it`)
    endpoint.open(server)
  }
}

/** Removes a server that closes from its endpoints. New connections there wait for the next server. */
export function releaseClaim(server: Server): void {
  const claim = claims.get(server)
  if (claim === undefined) return
  claims.delete(server)
  for (const { endpoint, entry } of claim.takes) {
    const served = endpoint.servers.rank !== undefined
    endpoint.servers.leave(entry)
    if (served && endpoint.servers.rank === undefined) endpoint.close(server)
  }
}

/**
 * Takes endpoints once the server has shown that it stays. A server that closes at once, to see whether a port is free,
 * changes nothing.
 */
export function activateLater(claim: EndpointClaim, report: Report): void {
  setImmediate(() => setImmediate(() => activate(claim, report)))
}

/**
 * Lets a server listen on a private path to which no client connects, so that its events, `listening` and `close()`
 * work as usual. The server takes its endpoints two turns of the event loop later.
 */
export function listenOnPrivatePath(
  claim: EndpointClaim,
  listen: (options: object) => unknown,
  options: { readonly signal?: unknown },
  report: Report,
): unknown {
  const { server } = claim
  if (claims.get(server) !== claim) return server
  const path = privatePath()
  const onListening = (): void => {
    // No process can connect to a socket without a name.
    if (process.platform !== 'win32' && existsSync(path)) unlinkSync(path)
    activateLater(claim, report)
  }
  server.prependOnceListener('listening', onListening)
  server.once('close', () => server.off('listening', onListening))
  // Exclusive, because cluster workers must not share the path.
  return listen({ path, exclusive: true, ...(options.signal !== undefined && { signal: options.signal }) })
}

/**
 * Makes `server.address()` return the result of `address` until the server closes, or null while it does not listen.
 */
export function showAddress(server: Server, address: () => AddressInfo | string | null): void {
  const shown = (): AddressInfo | string | null => (server.listening ? address() : null)
  Object.defineProperty(server, 'address', { value: shown, configurable: true, writable: true })
  server.once('close', () => {
    if (Reflect.get(server, 'address') === shown) Reflect.deleteProperty(server, 'address')
  })
}

/** Returns the address of an endpoint as a server on `host` shows it. */
export function shownAddress({ address }: Endpoint, { address: host = '' }: Host): AddressInfo | string {
  if (typeof address === 'string' || isIP(host) === 0) return address
  return { ...address, address: host, family: isIP(host) === 6 ? 'IPv6' : 'IPv4' }
}

/** Returns the address that a server itself has bound, or the private path of one that listens there. */
export function boundBy(server: Server): AddressInfo | string | null {
  return Reflect.apply(Server.prototype.address, server, [])
}

function describe(server: Server): string {
  const bound = boundBy(server)
  return typeof bound === 'object' && bound !== null ? `the server of port ${bound.port}` : 'a server of this program'
}
