import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'

/** Where a server listens. */
export type Target = { readonly host: string; readonly port: number } | { readonly socketPath: string }

/** A port of the loopback interface on which nobody listens, and which the kernel gives to nobody. */
export async function freePort(): Promise<number> {
  for (;;) {
    // Below those that Linux gives to clients and to who asks for port 0.
    const port = 10_000 + Math.floor(Math.random() * 20_000)
    if (await isFree(port)) return port
  }
}

/** Whether somebody listens on a port of the loopback interface. It does not call: that would start what listens. */
export function isListening(port: number): boolean {
  const local = `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`
  return readFileSync('/proc/net/tcp', 'utf8').includes(`${local} 00000000:0000 0A`)
}

function isFree(port: number): Promise<boolean> {
  const server = createServer()
  return new Promise((resolve) => {
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
