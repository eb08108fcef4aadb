import { resolve } from 'node:path'
import type { ListenAddress } from '../listen-address.ts'
import { wrongUsage } from './command-error.ts'

/**
 * Reads `3000`, `:3000`, `host:3000`, `[::1]:3000`, `/run/web.sock`, `./web.sock` or, on Windows, `\\.\pipe\web`.
 *
 * @param least the lowest port that is accepted; 0 lets the system choose one
 * @throws CommandError with the value that was received
 */
export function parseListenAddress(option: string, text: string, least: 0 | 1 = 1): ListenAddress {
  if (/^\\\\[.?]\\pipe\\/.test(text)) return { path: text }
  if (text.includes('/')) return { path: resolve(text.replace(/^unix:/, '')) }
  const [, ipv6, host, digits] = /^(?:\[([\da-f:.]+(?:%[^\]]+)?)\]:|([^:\s]*):)?(\d+)$/i.exec(text) ?? []
  if (digits === undefined) {
    throw wrongUsage(`"${option}" must be PORT, HOST:PORT, [IPV6]:PORT or a path with a slash. Received '${text}'`)
  }
  const port = parsePort(option, digits, least)
  const address = ipv6 || host
  return address ? { host: address, port } : { port }
}

/** @throws CommandError if the text is not a port from `least` to 65535 */
export function parsePort(option: string, text: string, least: 0 | 1 = 1): number {
  const port = Number(text)
  if (/^\d+$/.test(text) && port >= least && port <= 65_535) return port
  throw wrongUsage(`"${option}" must have a port from ${least} to 65535. Received '${text}'`)
}
