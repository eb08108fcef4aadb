import { type Ending, isGoodEnding } from './ending.ts'

/** The measurements of one server. Durations are in milliseconds. */
export interface Result {
  readonly name: string
  readonly sent: number
  readonly answered: number
  /** The requests without a response, and the reasons. */
  readonly losses: readonly string[]
  readonly patience: number
  /** The time from the end of the last counted activity to the idle signal, if that occurred. */
  readonly idleAfter: number | undefined
  /** The time from the idle signal to the end of the last socket, if that occurred. */
  readonly drain: number | undefined
  readonly ending: Ending
  /** Further notes: the reasons that kept a server from ending, and the server's output. */
  readonly notes: readonly string[]
}

/** Reports whether nothing was lost, and the server ended by itself with 0. */
export function isGood({ sent, answered, losses, ending }: Result): boolean {
  return losses.length === 0 && answered === sent && isGoodEnding(ending)
}
