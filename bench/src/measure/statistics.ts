/** Returns the median of `values`, without NaN values. */
export function median(values: readonly number[]): number {
  const sorted = counted(values).toSorted((one, other) => one - other)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2
}

/**
 * Returns the standard error of the median, from the median absolute deviation. A busy machine causes outliers, which
 * would distort a standard deviation.
 */
export function standardError(values: readonly number[]): number {
  const middle = median(values)
  const deviation = 1.4826 * median(values.map((value) => Math.abs(value - middle)))
  return (1.2533 * deviation) / Math.sqrt(counted(values).length)
}

function counted(values: readonly number[]): readonly number[] {
  return values.filter((value) => !Number.isNaN(value))
}

/** Returns a copy in random order. */
export function shuffled<T>(values: readonly T[]): T[] {
  const rest = [...values]
  return values.flatMap(() => rest.splice(Math.floor(Math.random() * rest.length), 1))
}
