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
