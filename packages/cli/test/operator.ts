import type { Operator } from '../src/run/operator.ts'

/** Returns an operator of a switchboard that ignores every call except those in `calls`. */
export function operator(calls: Partial<Operator> = {}): Operator {
  const ignore = (): void => {}
  return {
    needed: ignore,
    full: ignore,
    claimed: ignore,
    released: ignore,
    restore: ignore,
    ending: ignore,
    closed: ignore,
    told: ignore,
    gone: ignore,
    ...calls,
  }
}
