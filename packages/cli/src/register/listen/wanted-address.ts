import type { Host } from './host.ts'

/** The address in a call of `server.listen()`. */
export type WantedAddress =
  | { readonly port: number; readonly host: Host }
  | { readonly path: string; readonly mode: number }
  | { readonly fd: number }

/** The bits that `readableAll` and `writableAll` add to the mode of a unix socket. */
const READABLE = 0o444
const WRITABLE = 0o222

/**
 * Reads the arguments of `server.listen()`. Returns `undefined` if they name no address, as with a handle or a random
 * port.
 *
 * @see https://nodejs.org/api/net.html#serverlisten
 */
export function wantedAddress(args: readonly unknown[]): WantedAddress | undefined {
  const [first, second] = args
  if (typeof first === 'object' && first !== null) {
    if ('_handle' in first || 'handle' in first) return undefined
    if ('fd' in first && typeof first.fd === 'number' && first.fd >= 0) return { fd: first.fd }
    const port = 'port' in first ? first.port : undefined
    if (port !== undefined && port !== null)
      return atPort(port, 'host' in first ? first.host : undefined, 'ipv6Only' in first && first.ipv6Only === true)
    return 'path' in first && typeof first.path === 'string' ? { path: first.path, mode: modeOf(first) } : undefined
  }
  return (
    atPort(first, second, false) ?? (typeof first === 'string' && first !== '' ? { path: first, mode: 0 } : undefined)
  )
}

function modeOf(options: object): number {
  const readable = 'readableAll' in options && options.readableAll === true
  const writable = 'writableAll' in options && options.writableAll === true
  return (readable ? READABLE : 0) | (writable ? WRITABLE : 0)
}

/** Reads a port. A text of digits is a port, too: `listen(process.env.PORT)`. */
function atPort(value: unknown, host: unknown, ipv6Only: boolean): WantedAddress | undefined {
  const port = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value
  if (typeof port !== 'number' || port <= 0) return undefined
  return { port, host: { address: typeof host === 'string' && host !== '' ? host : undefined, ipv6Only } }
}
