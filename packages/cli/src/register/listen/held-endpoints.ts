import { chmodSync, existsSync, statSync } from 'node:fs'
import type { AddressInfo, Server } from 'node:net'
import { claimMark, type SupervisorInfo } from '../../protocol/supervisor-info.ts'
import type { Endpoint } from './endpoint.ts'
import { EndpointServers } from './endpoint-servers.ts'

/** The supervisor, as far as the held addresses need it. */
export interface AddressHolder {
  /** Passes the connections of an address on to the servers of this process, `server` among them. */
  claim(listen: number, servers: EndpointServers, server: Server): void
  /** Passes no more connections of an address on. */
  release(listen: number): void
  /** Restores a removed path. Resolves when this was tried. */
  restore(listen: number): Promise<void>
}

/** Returns the held addresses as endpoints. */
export function heldEndpoints(held: SupervisorInfo, supervisor: AddressHolder | undefined): readonly Endpoint[] {
  return held.addresses.map((address, listen): Endpoint => {
    const shown: AddressInfo | string = 'path' in address ? address.path : address
    const servers = new EndpointServers()
    return {
      address: shown,
      name: '',
      servers,
      open(server: Server): void {
        supervisor?.claim(listen, servers, server)
      },
      close(): void {
        supervisor?.release(listen)
      },
      isServed(): boolean {
        return existsSync(claimMark(held, listen))
      },
      restore(): Promise<void> | undefined {
        return typeof shown !== 'string' || existsSync(shown) ? undefined : supervisor?.restore(listen)
      },
    }
  })
}

/** Adds bits to the mode of a held path, as `readableAll` and `writableAll` do to a server's own. */
export function addMode(path: string, mode: number): void {
  if (mode !== 0) chmodSync(path, statSync(path).mode | mode)
}
