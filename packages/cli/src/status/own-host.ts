import { isIP } from 'node:net'

/**
 * Whether a Host header is one by which a person or a probe would ask for the page: an address, `localhost`, a name without a dot,
 * as containers have, or the host that was bound. Not so a name that somebody else's DNS leads here: their page, open in a browser of
 * this machine, could read the status by it.
 */
export function isOwnHost(header: string | undefined, bound: string | undefined): boolean {
  // HTTP/1.0: no browser.
  if (header === undefined) return true
  const [, host = ''] = /^(\[[^\]]*\]|[^:]*)(?::\d*)?$/.exec(header) ?? []
  const name = host.toLowerCase().replace(/\.$/, '')
  if (name === '') return false
  if (isIP(name.replace(/^\[(.*)\]$/, '$1')) !== 0) return true
  return !name.includes('.') || name.endsWith('.localhost') || name === bound?.toLowerCase()
}
