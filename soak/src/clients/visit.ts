import type { Address } from '@idle-shutdown/conformance/program'
import type { Account } from '../account.ts'
import type { Random } from '../random.ts'

/** What a client of the soak is given for one visit to a server. */
export interface Visit {
  readonly address: Address
  readonly secure: boolean
  readonly protocol: 'h2' | 'http/1.1'
  readonly random: Random
  readonly account: Account
  /** The patience of the server in milliseconds: some pauses end around it. */
  readonly patience: number
  /** One malformed input was taken by a connection that was open. */
  malformed(): void
  /** Nobody listens any more. */
  nobody(): void
}

/** One kind of client: connects, does what it does, and leaves nothing open. */
export type Client = (visit: Visit) => Promise<void>
