import { isIP } from 'node:net'

/**
 * Reports whether a person or a probe would ask for the page with this Host header.
 *
 * True for an address, `localhost` and names under it, a name without a dot (as containers have), and the host that was
 * bound. False for other names, because of DNS rebinding. A page of a foreign name that leads here could read the
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
