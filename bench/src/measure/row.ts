import { median, standardError } from './statistics.ts'

/**
 * The kind of a figure. The control compares bare Node with itself, so no smaller figure means anything. The floor is
 * the least possible cost of the measured feature.
 */
export type Kind = 'bare' | 'control' | 'floor' | 'ours' | 'peer'

/** One figure. */
export interface Row {
  /** The measured work, such as a protocol or a number of connections. */
  readonly group: string
  readonly subject: string
  readonly kind: Kind
  /** The measured quantity and its unit. */
  readonly metric: string
  readonly value: number
  /** The standard error of the value, or 0 if the value was counted and not measured. */
  readonly error: number
}

/** The duration of a benchmark: seconds for a smoke test, minutes, or as long as a small difference needs. */
export type Length = 'quick' | 'normal' | 'long'

/** The total time (ms) that a benchmark waits for a processor at full speed. */
export const PATIENCE: Record<Length, number> = { quick: 0, normal: 600_000, long: 3_600_000 }

/** A benchmark: measures with the Node that runs it. */
export type Benchmark = (length: Length) => Promise<Row[]>

/** Returns a row with the median of several measurements. NaN values do not count. */
export function rowOf(row: Omit<Row, 'value' | 'error'>, values: readonly number[]): Row {
  return { ...row, value: median(values), error: standardError(values) }
}
