/**
 * Returns milliseconds of the machine's monotonic clock, which all processes share. So times of two processes can be
 * compared.
 */
export function now(): number {
  return Number(process.hrtime.bigint()) / 1e6
}
