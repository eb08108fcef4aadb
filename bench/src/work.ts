/** The kinds of repeated work on an otherwise idle process, with their names in the tables. */
export const WORKS = {
  among: 'a request while others are in progress',
  last: 'a request, and the count falls to zero',
  connection: 'a connection that comes and goes',
} as const

/** One kind of work. */
export type Work = keyof typeof WORKS

/** Reports whether there is such work. */
export function isWork(name: string): name is Work {
  return name in WORKS
}
