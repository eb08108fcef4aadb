import type { AddressInfo, Server } from 'node:net'
import type { WantedAddress } from './wanted-address.ts'

/** A public address that somebody else holds for this process. */
export interface Place {
  /** As `server.address()` shows it; a unix path is a text. */
  readonly address: AddressInfo | string
  /** What it is called; empty where names are not used. */
  readonly name: string
  /** The server that takes what comes to it, if there is one yet. */
  server: Server | undefined
  /** Lets `server` take what comes. Called when it has shown that it stays. */
  open(server: Server): void
  /** Nothing more is taken. Called when the server closes, in the same turn. */
  close(): void
  /** Throws where it cannot be served from here. */
  check?(): void
  /** Whether any process takes what comes to it. */
  isServed(): boolean
}

/**
 * Which of `places` a server takes in place of an address of its own: by port or path, by name, or the only one. A name is
 * that of a port (`8080`), a path, or the protocol (`http`, `https`).
 */
export function findPlace(places: readonly Place[], wanted: WantedAddress, server: Server): Place | undefined {
  const same = places.find(({ address }) =>
    'port' in wanted ? portOf(address) === wanted.port : address === wanted.path,
  )
  if (same !== undefined) return same
  const free = places.filter((place) => place.server === undefined)
  const names = [String('port' in wanted ? wanted.port : wanted.path), protocolOf(server)]
  const named = names.flatMap((name) => free.find((place) => place.name === name) ?? [])[0]
  return named ?? (places.length === 1 && 'port' in wanted ? free[0] : undefined)
}

/** The port of an address, if it has one. */
export function portOf(address: AddressInfo | string): number | undefined {
  return typeof address === 'string' ? undefined : address.port
}

function protocolOf(server: Server): string {
  const http = 'closeAllConnections' in server || 'updateSettings' in server
  if ('setSecureContext' in server) return http ? 'https' : 'tls'
  return http ? 'http' : 'tcp'
}
