import { type Ending, isGoodEnding } from './ending.ts'

/** What was measured of one server. Durations in milliseconds. */
export interface Result {
  readonly name: string
  readonly sent: number
  readonly answered: number
  /** What was sent and not answered, and why. */
  readonly losses: readonly string[]
  readonly patience: number
  /** From the end of the last counted activity to the idle signal, where it came. */
  readonly idleAfter: number | undefined
  /** From the idle signal to the last socket's end, where it came. */
  readonly drain: number | undefined
  readonly ending: Ending
  /** What else there is to say: what held a server that did not end, what the server wrote. */
  readonly notes: readonly string[]
}

/** Whether nothing was lost, and the server ended by itself with 0. */
export function isGood({ sent, answered, losses, ending }: Result): boolean {
  return losses.length === 0 && answered === sent && isGoodEnding(ending)
}
