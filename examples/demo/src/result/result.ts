import { count } from './figures.ts'

/** The end of a process. */
export interface Ending {
  /** The exit code, or the signal that ended the process, or null if it could not start. */
  readonly exit: number | NodeJS.Signals | null
  /** The process ended without a signal from the demo. */
  readonly byItself: boolean
}

/** Reports whether the process ended correctly: by itself, with 0. */
export function isGoodEnding({ exit, byItself }: Ending): boolean {
  return byItself && exit === 0
}

/** Returns a text such as `ended by itself with code 0`. */
export function endingInWords({ exit, byItself }: Ending): string {
  if (exit === null) return 'could not start'
  return `${byItself ? 'ended by itself' : 'had to be ended'} with ${typeof exit === 'number' ? `code ${exit}` : exit}`
}

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

/** Returns one sentence that says whether the demo succeeded. */
export function verdict(results: readonly Result[]): string {
  const faults = results.filter((result) => !isGood(result)).map((result) => `${result.name} ${fault(result)}`)
  if (faults.length > 0) return `Failed: ${faults.join('; ')}.`
  const sent = results.reduce((sum, result) => sum + result.sent, 0)
  return `None of ${count(sent, 'request')} was lost, and each server ended by itself with code 0.`
}

function fault({ sent, answered, losses, ending }: Result): string {
  const faults: string[] = []
  const [first] = losses
  if (first !== undefined) faults.push(`lost ${losses.length} of ${count(sent, 'request')} (${first})`)
  else if (answered !== sent) faults.push(`left ${count(sent - answered, 'request')} without an answer`)
  if (!isGoodEnding(ending)) faults.push(endingInWords(ending))
  return faults.join(' and ')
}
