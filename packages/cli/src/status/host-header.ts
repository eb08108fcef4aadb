import { isIP } from 'node:net'

/**
 * Reports whether a Host header is allowed.
 *
 * Allowed are addresses, `localhost` and names under it, names without a dot (as containers have), and the bound host.
 * Other names are rejected because of DNS rebinding. A page of a foreign name that leads here could otherwise read the
 * status, in a browser of this machine.
 */
export function isAllowedHost(header: string | undefined, bound: string | undefined): boolean {
  // HTTP/1.0, which no browser speaks.
  if (header === undefined) return true
  const [, host = ''] = /^(\[[^\]]*\]|[^:]*)(?::\d*)?$/.exec(header) ?? []
  const name = host.toLowerCase().replace(/\.$/, '')
  if (name === '') return false
  if (isIP(name.replace(/^\[(.*)\]$/, '$1')) !== 0) return true
  return !name.includes('.') || name.endsWith('.localhost') || name === bound?.toLowerCase()
}
