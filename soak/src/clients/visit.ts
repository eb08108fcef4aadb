import type { Address } from '@idle-shutdown/conformance/program'
import type { Account } from '../account.ts'
import type { Random } from '../random.ts'

/** The context of a client for one visit to a server. */
export interface Visit {
  readonly address: Address
  readonly secure: boolean
  readonly protocol: 'h2' | 'http/1.1'
  readonly random: Random
  readonly account: Account
  /** The patience of the server in milliseconds. Some pauses end at about this time. */
  readonly patience: number
  /** Records that an open connection has taken one malformed input. */
  malformed(): void
  /** Records that the server no longer listens. */
  nobody(): void
}

/** One kind of client. Connects, sends, and leaves nothing open. */
export type Client = (visit: Visit) => Promise<void>
