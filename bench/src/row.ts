import { median, standardError } from './statistics.ts'

/**
 * What a figure is about. The control is what bare Node costs over itself: no smaller figure means anything. The floor is the
 * least that what is measured could cost.
 */
export type Kind = 'bare' | 'control' | 'floor' | 'ours' | 'peer'

/** One figure. */
export interface Row {
  /** What was done, such as a protocol, or a number of connections. */
  readonly group: string
  readonly subject: string
  readonly kind: Kind
  /** What was measured, and in which unit. */
  readonly metric: string
  readonly value: number
  /** The standard error of the value; 0 where it was counted, and not measured. */
  readonly error: number
}

/** How long a benchmark takes: seconds, to see that it works; minutes; or as long as a small difference needs. */
export type Length = 'quick' | 'normal' | 'long'

/** For how long a benchmark waits, in all, for a processor that is at full speed (ms). */
export const PATIENCE: Record<Length, number> = { quick: 0, normal: 600_000, long: 3_600_000 }

/** A benchmark: measures with the Node that runs it. */
export type Benchmark = (length: Length) => Promise<Row[]>

/** A row of the median of several measurements. Those that do not count are NaN. */
export function rowOf(row: Omit<Row, 'value' | 'error'>, values: readonly number[]): Row {
  return { ...row, value: median(values), error: standardError(values) }
}
