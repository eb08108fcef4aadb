import { existsSync } from 'node:fs'
import type { AddressInfo, Server } from 'node:net'
import { join } from 'node:path'
import { HELD, type Held } from '../protocol/messages.ts'
import type { Place } from './place.ts'
import type { Supervisor } from './supervisor.ts'

/** What the supervisor that started this process, or a process above it, holds. */
export function heldBySupervisor(): Held | undefined {
  const text = process.env[HELD]
  return text ? JSON.parse(text) : undefined
}

/** The file that is there while any process serves an address: a program that looks whether its port is free finds it so. */
export function claimMark({ directory }: Held, listen: number): string {
  return join(directory, `claimed-${listen}`)
}

/** The addresses that are held as places to take. */
export function heldPlaces(held: Held, supervisor: Supervisor | undefined): readonly Place[] {
  return held.addresses.map((address, listen): Place => {
    const shown: AddressInfo | string = 'path' in address ? address.path : address
    return {
      address: shown,
      name: '',
      server: undefined,
      open(server: Server): void {
        supervisor?.claim(listen, server)
      },
      close(): void {
        supervisor?.release(listen)
      },
      isServed(): boolean {
        return existsSync(claimMark(held, listen))
      },
    }
  })
}
