import type { AddressInfo, Server } from 'node:net'
import { samePath } from './held-path.ts'
import { EVERYWHERE, fit, type Host, isLoopbackOnly, REACH } from './host.ts'
import { RANK, type Rank, type Takers } from './takers.ts'
import type { WantedAddress } from './wanted-address.ts'

/** A public address that another process holds for this one. */
export interface Place {
  /** As `server.address()` shows it; a unix path is a text. */
  readonly address: AddressInfo | string
  /** Its name; empty if names are not used. */
  readonly name: string
  /** Its descriptor in this process, if it is open here. */
  readonly fd?: number | undefined
  /** The servers that take what arrives. */
  readonly takers: Takers
  /** Lets `server` take what arrives. Called when the server has shown that it stays. */
  open(server: Server): void
  /** Nothing more is taken, since no server is left. Called when the last one, `server`, closes, in the same turn. */
  close(server: Server): void
  /** Throws if it cannot be served from here. */
  check?(): void
  /** Reports whether any process takes what arrives. */
  isServed(): boolean
  /** Puts the path of a unix socket back if it was removed. `undefined`: it is there. */
  restore?(): Promise<void> | undefined
}

/** A place that a server takes, and why. */
export interface Fit {
  readonly place: Place
  readonly rank: Rank
}

/**
 * Returns the places that a server takes at once, the best first: all of its port or path, or whose name is that; otherwise
 * those that are free and have the name of its protocol (`http`, `https`). None if it listens elsewhere.
 */
export function fittingPlaces(places: readonly Place[], wanted: WantedAddress, server: Server): readonly Fit[] {
  const fits = places.flatMap((place) => fitOf(place, wanted)).sort((one, other) => other.rank - one.rank)
  if (fits.length > 0 || !('port' in wanted)) return fits
  const protocol = protocolOf(server)
  return places
    .filter(({ name, takers, address }) => name === protocol && !takers.wanted && isOpenTo(wanted.host, address))
    .map((place) => ({ place, rank: RANK.protocol }))
}

/** Returns the only address that is held, if there is one that a server on any other port may take. */
export function onlyPlaces(places: readonly Place[]): readonly Place[] {
  const keys = new Set(places.map(({ address }) => portOf(address) ?? address))
  return keys.size === 1 && places.every(({ check }) => check === undefined) ? places : []
}

/** Returns the port of an address, if it has one. */
export function portOf(address: AddressInfo | string): number | undefined {
  return typeof address === 'string' ? undefined : address.port
}

/** Returns the host that was asked for; a path has none. */
export function hostOf(wanted: WantedAddress): Host {
  return 'port' in wanted ? wanted.host : EVERYWHERE
}

/** Returns an address for log lines. */
export function inLog(address: AddressInfo | string): string {
  return typeof address === 'string' ? address : `port ${address.port}`
}

function fitOf(place: Place, wanted: WantedAddress): readonly Fit[] {
  const { address, name, fd } = place
  if ('fd' in wanted) return fd === wanted.fd ? [{ place, rank: RANK.exact }] : []
  if ('path' in wanted) {
    const same = (typeof address === 'string' && samePath(address, wanted.path)) || name === wanted.path
    return same ? [{ place, rank: RANK.exact }] : []
  }
  if (portOf(address) !== wanted.port && name !== String(wanted.port)) return []
  const reached = typeof address === 'string' ? REACH.all : fit(wanted.host, address.address)
  if (reached === REACH.no) return []
  return [{ place, rank: reached === REACH.here ? RANK.near : RANK.exact }]
}

/** Reports whether a server on `host` may take an address that has another port: one for this machine only stays there. */
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
