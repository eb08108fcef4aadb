/** What is done again and again where nothing else happens, and what a table calls it. */
export const WORKS = {
  among: 'a request while others are in progress',
  last: 'a request, and the count falls to zero',
  connection: 'a connection that comes and goes',
} as const

/** One of them. */
export type Work = keyof typeof WORKS

/** Whether there is such work. */
export function isWork(name: string): name is Work {
  return name in WORKS
}
