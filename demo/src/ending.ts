/** How a process ended. */
export interface Ending {
  /** The exit code, or the signal that ended it; null where it could not even start. */
  readonly exit: number | NodeJS.Signals | null
  /** Whether nobody had told it to. */
  readonly byItself: boolean
}

/** Whether it ended as it should: by itself, with 0. */
export function isGoodEnding({ exit, byItself }: Ending): boolean {
  return byItself && exit === 0
}

/** `ended by itself with code 0`. */
export function endingInWords({ exit, byItself }: Ending): string {
  if (exit === null) return 'could not start'
  return `${byItself ? 'ended by itself' : 'had to be ended'} with ${typeof exit === 'number' ? `code ${exit}` : exit}`
}
