import { isIP, SocketAddress } from 'node:net'

/** The host on which a server listens. */
export interface Host {
  /** An address or a name. `undefined` means all addresses, of both families. */
  readonly address: string | undefined
  readonly ipv6Only: boolean
}

/** All addresses, of both families. */
export const EVERYWHERE: Host = { address: undefined, ipv6Only: false }

/**
 * The fit of a host to the address that a client connected to. `no`: no fit. `here`: only from this machine. `all`: as
 * one of all addresses. `exact`: the same address.
 */
export const REACH = { no: -1, here: 0, all: 1, exact: 2 } as const
export type Reach = (typeof REACH)[keyof typeof REACH]

/**
 * Returns how well a server on `host` fits a client that connected to the address `local`.
 *
 * A client at a loopback address is on this machine, and can reach every server of it. So can a client of a unix
 * socket, for which `local` is `undefined`.
 */
export function reach(host: Host, local: string | undefined): Reach {
  if (local === undefined) return REACH.all
  const address = plain(local)
  if (isWildcard(host)) {
    if (spans(host, isIP(address))) return REACH.all
  } else if (host.address === 'localhost' ? isLoopback(address) : plain(host.address ?? '') === address) {
    return REACH.exact
  }
  return isLoopback(address) ? REACH.here : REACH.no
}

/**
 * Returns how well a server on `host` fits a held address. An address held for all interfaces fits every host of its
 * families. {@link reach} then decides for each client whether the server gets it.
 */
export function fit(host: Host, held: string): Reach {
  const all: Host = { address: held, ipv6Only: false }
  if (!isWildcard(all)) return reach(host, held)
  if (isWildcard(host)) return host.ipv6Only && isIP(held) === 4 ? REACH.here : REACH.all
  return host.address === 'localhost' || spans(all, isIP(plain(host.address ?? ''))) ? REACH.all : REACH.here
}

/** Reports whether one port cannot be listened on with both hosts at once. */
export function overlap(one: Host, other: Host): boolean {
  if (isWildcard(one) && isWildcard(other)) return [4, 6].some((family) => spans(one, family) && spans(other, family))
  if (isWildcard(other)) return overlap(other, one)
  const address = plain(other.address ?? '')
  if (isWildcard(one)) return spans(one, isIP(address) || 4)
  return plain(one.address ?? '') === address
}

/** Reports whether a server on `host` can be reached only from this machine, judging by the name. */
export function isLoopbackOnly({ address }: Host): boolean {
  return address === 'localhost' || (address !== undefined && isLoopback(plain(address)))
}

/** Reports whether a host is a name that must be looked up first. */
export function isName({ address }: Host): boolean {
  return address !== undefined && address !== 'localhost' && isIP(address) === 0
}

/** Reports whether a client that connects to `host` connects to this machine, judging by the name. */
export function isLocal(host: unknown): boolean {
  if (host === undefined || host === null || host === '') return true
  if (typeof host !== 'string') return false
  return isLoopbackOnly({ address: host, ipv6Only: false }) || isWildcard({ address: host, ipv6Only: false })
}

/** Returns one spelling of each address: without a zone, and IPv4 in IPv6 as IPv4. Names stay as they are. */
function plain(text: string): string {
  const bare = text.replace(/%.*$/, '')
  if (isIP(bare) !== 6) return bare.toLowerCase()
  const { address } = new SocketAddress({ address: bare, family: 'ipv6' })
  return /^::ffff:(?<v4>[\d.]+)$/.exec(address)?.groups?.['v4'] ?? address
}

function isLoopback(address: string): boolean {
  return address === '::1' || (isIP(address) === 4 && address.startsWith('127.'))
}

function isWildcard({ address }: Host): boolean {
  return address === undefined || ['0.0.0.0', '::'].includes(plain(address))
}

/** Reports whether a wildcard takes connections of a family. */
function spans({ address, ipv6Only }: Host, family: number): boolean {
  if (address !== undefined && plain(address) === '0.0.0.0') return family === 4
  return family === 6 || !ipv6Only
}
