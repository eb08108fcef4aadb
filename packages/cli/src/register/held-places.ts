import { chmodSync, existsSync, statSync } from 'node:fs'
import type { AddressInfo, Server } from 'node:net'
import { join } from 'node:path'
import { HELD, type Held } from '../protocol/messages.ts'
import type { Place } from './place.ts'
import type { Supervisor } from './supervisor.ts'
import { Takers } from './takers.ts'

/** Returns the addresses that the supervisor of this process, or of a process above it, holds. */
export function heldBySupervisor(): Held | undefined {
  const text = process.env[HELD]
  return text ? JSON.parse(text) : undefined
}

/**
 * Returns the file that exists while any process serves an address. Programs that check whether their port is free then
 * find it in use.
 */
export function claimMark({ directory }: Held, listen: number): string {
  return join(directory, `claimed-${listen}`)
}

/** Returns the held addresses as places. */
export function heldPlaces(held: Held, supervisor: Supervisor | undefined): readonly Place[] {
  return held.addresses.map((address, listen): Place => {
    const shown: AddressInfo | string = 'path' in address ? address.path : address
    const takers = new Takers()
    return {
      address: shown,
      name: '',
      takers,
      open(server: Server): void {
        supervisor?.claim(listen, takers, server)
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
