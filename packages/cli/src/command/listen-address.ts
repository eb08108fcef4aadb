import { resolve } from 'node:path'
import type { ListenAddress } from '../run/run-options.ts'
import { wrongUsage } from './command-error.ts'

/**
 * Reads `3000`, `:3000`, `host:3000`, `[::1]:3000`, `/run/web.sock`, `./web.sock` or, on Windows, `\\.\pipe\web`.
 *
 * @param least the lowest port that is accepted; 0 lets the system choose one
 * @throws CommandError with the value and the accepted ones
 */
export function parseListenAddress(option: string, text: string, least: 0 | 1 = 1): ListenAddress {
  if (/^\\\\[.?]\\pipe\\/.test(text)) return { path: text }
  if (text.includes('/')) return { path: resolve(text.replace(/^unix:/, '')) }
  const [, ipv6, host, digits] = /^(?:\[([\da-f:.]+(?:%[^\]]+)?)\]:|([^:\s]*):)?(\d+)$/i.exec(text) ?? []
  if (digits === undefined) {
    throw wrongUsage(`${option} is '${text}'; accepted are PORT, HOST:PORT, [IPV6]:PORT and a path with a slash`)
  }
  const port = parsePort(option, digits, least)
  const address = ipv6 || host
  return address ? { host: address, port } : { port }
}

/** @throws CommandError if the text is not a port from `least` to 65535 */
export function parsePort(option: string, text: string, least: 0 | 1 = 1): number {
  const port = Number(text)
  if (/^\d+$/.test(text) && port >= least && port <= 65_535) return port
  throw wrongUsage(`${option} has the port '${text}'; accepted are ${least} to 65535`)
}

/**
 * Returns an address as a user would write it: `3000` for all addresses, `127.0.0.1:3000`, `[::1]:3000`, or the path.
 */
export function showListenAddress(address: ListenAddress): string {
  if ('path' in address) return address.path
  const { host, port } = address
  if (host === undefined || host === '::') return String(port)
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}
