import { isIP } from 'node:net'

/** What a call of `server.listen()` asks for. */
export type WantedAddress = { readonly port: number; readonly host?: string } | { readonly path: string }

/**
 * Reads the arguments of `server.listen()`. `undefined` for what is no address of its own choice: a handle, a descriptor, or a
 * random port.
 *
 * @see https://nodejs.org/api/net.html#serverlisten
 */
export function wantedAddress(args: readonly unknown[]): WantedAddress | undefined {
  const [first, second] = args
  if (typeof first === 'object' && first !== null) {
    if ('fd' in first || '_handle' in first || 'handle' in first) return undefined
    const port = 'port' in first ? first.port : undefined
    if (port !== undefined && port !== null) return atPort(port, 'host' in first ? first.host : undefined)
    return 'path' in first && typeof first.path === 'string' ? { path: first.path } : undefined
  }
  return atPort(first, second) ?? (typeof first === 'string' && first !== '' ? { path: first } : undefined)
}

/** Whether a host is this machine's own, as far as its name tells. */
export function isLocal(host: unknown): boolean {
  return (
    host === undefined ||
    host === null ||
    host === '' ||
    host === 'localhost' ||
    (typeof host === 'string' && isIP(host) > 0 && /^(127\.|0\.0\.0\.0$|::1?$|::ffff:127\.)/.test(host))
  )
}

/** Texts are ports, too: `listen(process.env.PORT)`. */
function atPort(value: unknown, host: unknown): WantedAddress | undefined {
  const port = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value
  if (typeof port !== 'number' || port <= 0) return undefined
  return { port, ...(typeof host === 'string' && { host }) }
}
