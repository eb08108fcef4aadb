/** A straight line through samples. */
export interface Growth {
  readonly slope: number
  /** The standard error of the slope. */
  readonly error: number
}

/** Linear regression (ordinary least squares) of y over x. The error is infinite for fewer than three samples. */
export function growth(samples: readonly (readonly [x: number, y: number])[]): Growth {
  const { length } = samples
  if (length < 3) return { slope: 0, error: Number.POSITIVE_INFINITY }
  const meanX = samples.reduce((sum, [x]) => sum + x, 0) / length
  const meanY = samples.reduce((sum, [, y]) => sum + y, 0) / length
  const spread = samples.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0)
  if (spread === 0) return { slope: 0, error: Number.POSITIVE_INFINITY }
  const slope = samples.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0) / spread
  const residue = samples.reduce((sum, [x, y]) => sum + (y - meanY - slope * (x - meanX)) ** 2, 0)
  return { slope, error: Math.sqrt(residue / (length - 2) / spread) }
}
