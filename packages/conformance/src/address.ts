import type { AnyServer } from '@idle-shutdown/core'

/** Where a server listens: what `net.connect` takes. */
export type Address = { readonly host: string; readonly port: number } | { readonly path: string }

/** Where a listening server can be reached from this machine. */
export function addressOf(server: AnyServer): Address {
  const address = server.address()
  if (address === null) throw new Error('The server does not listen')
  if (typeof address === 'string') return { path: address }
  return { host: address.family === 'IPv6' ? '::1' : '127.0.0.1', port: address.port }
}
