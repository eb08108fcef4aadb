/** The kinds of repeated work on an otherwise idle process, with their names in the tables. */
export const WORKLOADS = {
  among: 'a request while others are in progress',
  last: 'a request, and the count falls to zero',
  connection: 'a connection that opens and closes',
} as const

/** One kind of work. */
export type Workload = keyof typeof WORKLOADS

/** Reports whether there is such a workload. */
export function isWorkload(name: string): name is Workload {
  return name in WORKLOADS
}
