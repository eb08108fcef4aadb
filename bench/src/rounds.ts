import type { Kind } from './row.ts'
import { shuffled } from './statistics.ts'

/** What is measured in turn with others. */
export interface Contender {
  readonly subject: string
  readonly kind: Kind
  /** Measures once. */
  measure(): number | Promise<number>
}

/** The names of the two that are compared with themselves. */
export const BARE = 'bare Node'
export const CONTROL = 'bare Node again (A/A)'

/**
 * Measures every contender once in each round, in random order, so that what the machine does meanwhile hits all of them.
 * Gives each one's measurements, by round. A tenth more, before, is left out: code is still being compiled then.
 */
export async function inRounds(count: number, contenders: readonly Contender[]): Promise<Map<Contender, number[]>> {
  const measured = new Map<Contender, number[]>(contenders.map((contender) => [contender, []]))
  const warmUp = Math.floor(count / 10)
  for (let round = 0; round < warmUp + count; round++) {
    for (const contender of shuffled(contenders)) {
      const value = await contender.measure()
      if (round >= warmUp) measured.get(contender)?.push(value)
    }
  }
  return measured
}

/** What each contender cost over the first one in the same round. */
export function overFirst(measured: ReadonlyMap<Contender, readonly number[]>): Map<Contender, number[]> {
  const [first = []] = measured.values()
  return new Map(
    [...measured].map(([contender, values]) => [contender, values.map((value, round) => value - (first[round] ?? 0))]),
  )
}

/** Microseconds of CPU that this process has used, whatever else the machine does. */
export function cpuTime(): number {
  const { user, system } = process.cpuUsage()
  return user + system
}
