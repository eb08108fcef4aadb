import type { Runtime } from './outcomes.ts'
import declared from './runtimes.json' with { type: 'json' }

/** The runtimes, and the subjects and first pastes that run on each. */
export interface Runtimes {
  readonly subjects: readonly string[]
  readonly pastes: readonly string[]
  readonly runtimes: readonly Runtime[]
}

export const RUNTIMES: Runtimes = declared
