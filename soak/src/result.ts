import type { Outcome } from './account.ts'
import type { Growth } from './growth.ts'

/** The result of one subject's soak. */
export interface Result {
  readonly name: string
  /** The number of lives, each from listening to the last close. */
  readonly lives: number
  /** The number of lives that ended for lack of use. The others were closed while requests were in progress. */
  readonly idleEnds: number
  readonly connections: number
  readonly outcomes: Readonly<Record<Outcome, number>>
  readonly inputs: number
  /** Bytes of heap for each connection. */
  readonly growth: Growth
  readonly exit: number | NodeJS.Signals
  /** Violations of what the soak expects. */
  readonly faults: readonly string[]
}

export function sent({ outcomes }: Result): number {
  return Object.values(outcomes).reduce((sum, count) => sum + count, 0)
}
