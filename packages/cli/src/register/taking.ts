import { existsSync, unlinkSync } from 'node:fs'
import { type AddressInfo, isIP, Server } from 'node:net'
import type { Host } from './host.ts'
import { type Fit, inLog, type Place } from './place.ts'
import { privatePath } from './private-path.ts'
import type { Taker } from './takers.ts'

/** Takes a line of the log about a server that takes a place, and a server that loses it. */
export type Report = (line: string) => void

/** The places that one server takes, from its `listen()` to its `close()`. */
export interface Stand {
  readonly server: Server
  readonly takes: readonly { readonly place: Place; readonly taker: Taker }[]
}

/** The places that each server takes or is about to take. */
const stands = new WeakMap<Server, Stand>()

/** Reserves places for a server that begins to listen. From now on, a second server on the same port is refused. */
export function reserve(server: Server, fits: readonly Fit[], host: Host): Stand {
  const takes = fits.map(({ place, rank }) => ({ place, taker: { server, host, rank } }))
  const stand = { server, takes }
  for (const { place, taker } of takes) place.takers.begin(taker)
  stands.set(server, stand)
  return stand
}

/** Lets a server take its places, unless it has closed meanwhile. */
export function take({ server, takes }: Stand, report: Report): void {
  if (!server.listening) return
  for (const { place, taker } of takes) {
    if (stands.get(server)?.takes.some((one) => one.taker === taker) !== true) continue
    const lost = place.takers.open(taker)
    for (const one of lost)
      report(`${inLog(place.address)}: ${inWords(server)} listens on it, and ${inWords(one.server)} loses it`)
    place.open(server)
  }
}

/** Removes a server that closes from its places. New connections there wait for the next server. */
export function leave(server: Server): void {
  const stand = stands.get(server)
  if (stand === undefined) return
  stands.delete(server)
  for (const { place, taker } of stand.takes) {
    const served = place.takers.rank !== undefined
    place.takers.leave(taker)
    if (served && place.takers.rank === undefined) place.close(server)
  }
}

/**
 * Takes places once the server has shown that it stays. A server that closes at once, to see whether a port is free,
 * changes nothing.
 */
export function takeLater(stand: Stand, report: Report): void {
  setImmediate(() => setImmediate(() => take(stand, report)))
}

/**
 * Lets a server listen on a private path to which no client connects, so that its events, `listening` and `close()`
 * work as usual. The server takes its places two turns of the event loop later.
 */
export function listenInPlace(
  stand: Stand,
  listen: (options: object) => unknown,
  options: { readonly signal?: unknown },
  report: Report,
): unknown {
  const { server } = stand
  if (stands.get(server) !== stand) return server
  const path = privatePath()
  const onListening = (): void => {
    // No process can connect to a socket without a name.
    if (process.platform !== 'win32' && existsSync(path)) unlinkSync(path)
    takeLater(stand, report)
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

/** Returns the address of a place as a server on `host` shows it. */
export function shownAddress({ address }: Place, { address: host = '' }: Host): AddressInfo | string {
  if (typeof address === 'string' || isIP(host) === 0) return address
  return { ...address, address: host, family: isIP(host) === 6 ? 'IPv6' : 'IPv4' }
}

/** Returns the address that a server itself has bound, or the private path of one that listens in place. */
export function boundBy(server: Server): AddressInfo | string | null {
  return Reflect.apply(Server.prototype.address, server, [])
}

function inWords(server: Server): string {
  const bound = boundBy(server)
  return typeof bound === 'object' && bound !== null ? `the server of port ${bound.port}` : 'a server of this program'
}
