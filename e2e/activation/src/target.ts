import { readFileSync } from 'node:fs'

/** Where a server listens. */
export type Target = { readonly host: string; readonly port: number } | { readonly socketPath: string }

/** Whether somebody listens on a port of the loopback interface. It does not call: that would start what listens. */
export function isListening(port: number): boolean {
  const local = `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`
  return readFileSync('/proc/net/tcp', 'utf8').includes(`${local} 00000000:0000 0A`)
}
