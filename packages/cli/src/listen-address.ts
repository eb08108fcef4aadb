/**
 * An address that the supervisor holds: a port, on all addresses or on one, or a unix path (a named pipe on Windows).
 */
export type ListenAddress = { readonly host?: string; readonly port: number } | { readonly path: string }

/**
 * Returns an address as a user would write it: `3000` for all addresses, `127.0.0.1:3000`, `[::1]:3000`, or the path.
 */
export function showListenAddress(address: ListenAddress): string {
  if ('path' in address) return address.path
  const { host, port } = address
  if (host === undefined || host === '::') return String(port)
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}
