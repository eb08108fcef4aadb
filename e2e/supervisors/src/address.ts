import { readFileSync } from 'node:fs'

/** The address of a server. */
export type Address = { readonly host: string; readonly port: number } | { readonly socketPath: string }

/**
 * Reports whether a server listens on a port of the loopback interface. Does not connect, which would start an
 * activated server.
 */
export function isListening(port: number): boolean {
  const local = `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`
  return readFileSync('/proc/net/tcp', 'utf8').includes(`${local} 00000000:0000 0A`)
}
