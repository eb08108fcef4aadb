import type { AddressInfo, Server } from 'node:net'
import { type EndpointServers, RANK, type Rank } from './endpoint-servers.ts'
import { samePath } from './held-path.ts'
import { EVERYWHERE, fit, type Host, isLoopbackOnly, REACH } from './host.ts'
import type { WantedAddress } from './wanted-address.ts'

/** A public address that another process holds for this one. */
export interface Endpoint {
  /** The address as `server.address()` returns it. A unix path is a string. */
  readonly address: AddressInfo | string
  /** The name of the endpoint, or an empty text if names are not used. */
  readonly name: string
  /** Its descriptor in this process, if it is open here. */
  readonly fd?: number | undefined
  /** The servers that take its connections. */
  readonly servers: EndpointServers
  /** Lets `server` take connections. Called when the server has shown that it stays. */
  open(server: Server): void
  /** Takes no more connections. Called when the last server closes, in the same turn. */
  close(server: Server): void
  /** Throws if the endpoint cannot be served by this process. */
  check?(): void
  /** Reports whether any process takes its connections. */
  isServed(): boolean
  /** Restores the path of a unix socket if it was removed. Returns `undefined` if it exists. */
  restore?(): Promise<void> | undefined
}

/** An endpoint that a server takes, and the reason. */
export interface Match {
  readonly endpoint: Endpoint
  readonly rank: Rank
}

/**
 * Returns the endpoints that a server takes at once, the best first. None if it listens elsewhere.
 *
 * These are the endpoints with its port or path, or with that as their name. If there are none, they are the free endpoints
 * whose name is the server's protocol (`http`, `https`).
 */
export function matchingEndpoints(
  endpoints: readonly Endpoint[],
  wanted: WantedAddress,
  server: Server,
): readonly Match[] {
  const matches = endpoints.flatMap((endpoint) => matchOf(endpoint, wanted)).sort((one, other) => other.rank - one.rank)
  if (matches.length > 0 || !('port' in wanted)) return matches
  const protocol = protocolOf(server)
  return endpoints
    .filter(({ name, servers, address }) => name === protocol && !servers.wanted && isOpenTo(wanted.host, address))
    .map((endpoint) => ({ endpoint, rank: RANK.protocol }))
}

/**
 * Returns the endpoints if all of them are of one address, which a server on any other port may take. Otherwise returns
 * none.
 */
export function onlyEndpoints(endpoints: readonly Endpoint[]): readonly Endpoint[] {
  const keys = new Set(endpoints.map(({ address }) => portOf(address) ?? address))
  return keys.size === 1 && endpoints.every(({ check }) => check === undefined) ? endpoints : []
}

/** Returns the port of an address, if it has one. */
export function portOf(address: AddressInfo | string): number | undefined {
  return typeof address === 'string' ? undefined : address.port
}

/** Returns the host in a call of `listen()`. A path has no host. */
export function hostOf(wanted: WantedAddress): Host {
  return 'port' in wanted ? wanted.host : EVERYWHERE
}

/** Returns an address for log lines. */
export function inLog(address: AddressInfo | string): string {
  return typeof address === 'string' ? address : `port ${address.port}`
}

function matchOf(endpoint: Endpoint, wanted: WantedAddress): readonly Match[] {
  const { address, name, fd } = endpoint
  if ('fd' in wanted) return fd === wanted.fd ? [{ endpoint, rank: RANK.exact }] : []
  if ('path' in wanted) {
    const same = (typeof address === 'string' && samePath(address, wanted.path)) || name === wanted.path
    return same ? [{ endpoint, rank: RANK.exact }] : []
  }
  if (portOf(address) !== wanted.port && name !== String(wanted.port)) return []
  const reached = typeof address === 'string' ? REACH.all : fit(wanted.host, address.address)
  if (reached === REACH.no) return []
  return [{ endpoint, rank: reached === REACH.here ? RANK.near : RANK.exact }]
}

/**
 * Reports whether a server on `host` may take an address with another port. A server for this machine only takes only
 * loopback addresses.
 */
function isOpenTo(host: Host, address: AddressInfo | string): boolean {
  return (
    !isLoopbackOnly(host) ||
    (typeof address !== 'string' && isLoopbackOnly({ ...EVERYWHERE, address: address.address }))
  )
}

function protocolOf(server: Server): string {
  const http = 'closeAllConnections' in server || 'updateSettings' in server
  if ('setSecureContext' in server) return http ? 'https' : 'tls'
  return http ? 'http' : 'tcp'
}
