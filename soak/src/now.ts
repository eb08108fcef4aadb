/** Milliseconds of the machine's monotonic clock, which processes share: what two of them saw can be put in order. */
export function now(): number {
  return Number(process.hrtime.bigint()) / 1e6
}
