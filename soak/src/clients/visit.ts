import { setTimeout as delay } from 'node:timers/promises'
import type { Address } from '@idle-shutdown/testing'
import type { ClientLedger } from '../ledger/client-ledger.ts'
import type { Random } from './random.ts'

/** The context of a client for one visit to a server. */
export interface Visit {
  readonly address: Address
  readonly secure: boolean
  readonly protocol: 'h2' | 'http/1.1'
  readonly random: Random
  readonly ledger: ClientLedger
  /** The patience of the server in milliseconds. Some pauses end at about this time. */
  readonly patience: number
  /** Records that an open connection has taken one malformed input. */
  malformed(): void
  /** Records that the server no longer listens. */
  notListening(): void
}

/** One kind of client. Connects, sends, and leaves nothing open. */
export type Client = (visit: Visit) => Promise<void>

/** Waits for 0 to 6 ms, or sometimes until about the deadline. Half of the calls do not wait at all. */
export async function pause({ random, patience }: Visit): Promise<void> {
  if (random.chance(0.5)) return
  await delay(random.chance(0.1) ? patience + random.between(-4, 4) : random.between(0, 6))
}
