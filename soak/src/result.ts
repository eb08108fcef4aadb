import type { Outcome } from './account.ts'
import type { Growth } from './growth.ts'

/** What one subject's soak showed. */
export interface Result {
  readonly name: string
  /** How many times it began to listen, and closed. */
  readonly lives: number
  /** How many of these it ended itself, being idle; the others were closed in the middle of things. */
  readonly idleEnds: number
  readonly connections: number
  readonly outcomes: Readonly<Record<Outcome, number>>
  readonly inputs: number
  /** Bytes of heap for each connection. */
  readonly growth: Growth
  readonly exit: number | NodeJS.Signals
  /** What must not be. */
  readonly faults: readonly string[]
}

export function sent({ outcomes }: Result): number {
  return Object.values(outcomes).reduce((sum, count) => sum + count, 0)
}
