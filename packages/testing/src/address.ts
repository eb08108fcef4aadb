import type { AddressInfo } from 'node:net'

/** The address of a server, in the form that `net.connect` takes. */
export type Address = { readonly host: string; readonly port: number } | { readonly path: string }

/** Returns the address at which a client on this machine reaches a listening server. */
export function addressOf(server: { address(): AddressInfo | string | null }): Address {
  const address = server.address()
  if (address === null) throw new Error('The server does not listen')
  if (typeof address === 'string') return { path: address }
  return { host: address.family === 'IPv6' ? '::1' : '127.0.0.1', port: address.port }
}
