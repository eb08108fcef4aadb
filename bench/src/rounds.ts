import type { Kind } from './row.ts'
import { shuffled } from './statistics.ts'

/** One of several subjects that are measured in turn. */
export interface Contender {
  /** The work. The subject is compared with bare Node at the same work. */
  readonly group: string
  readonly subject: string
  readonly kind: Kind
  /** Measures once. */
  measure(): number | Promise<number>
}

/** The names of the two subjects that show the noise of a measurement. */
export const BARE = 'bare Node'
export const CONTROL = 'bare Node again (A/A)'

/**
 * Measures every contender once in each round, in random order, so that disturbances of the machine affect all of them.
 * Returns the measurements of each contender, by round. Leaves out an additional tenth of the rounds at the start, in
 * which code is still being compiled.
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

/** A contender that is created again for each generation. */
export interface Closable extends Contender {
  close(): unknown
}

/** The measurements of a contender, by generation and round. */
export interface Found extends Pick<Contender, 'group' | 'subject' | 'kind'> {
  readonly inAll: number[][]
  /** The difference to bare Node in the same round. */
  readonly added: number[][]
}

/**
 * Measures all contenders in rounds, and creates them again for each generation. So no figure depends on the luck of
 * one instance, such as the place of its code in memory.
 */
export async function inGenerations(
  generations: number,
  rounds: number,
  make: () => Promise<readonly Closable[]>,
): Promise<Found[]> {
  const found: Found[] = []
  for (let generation = 0; generation < generations; generation++) {
    const contenders = await make()
    const inAll = await inRounds(rounds, contenders)
    const added = overBare(inAll)
    for (const [index, contender] of contenders.entries()) {
      const { group, subject, kind } = contender
      found[index] ??= { group, subject, kind, inAll: [], added: [] }
      found[index].inAll.push(inAll.get(contender) ?? [])
      found[index].added.push(added.get(contender) ?? [])
      await contender.close()
    }
  }
  return found
}

/** Returns the cost of each contender above bare Node in the same round. */
export function overBare(measured: ReadonlyMap<Contender, readonly number[]>): Map<Contender, number[]> {
  const bare = new Map(
    [...measured].filter(([{ kind }]) => kind === 'bare').map(([{ group }, values]) => [group, values]),
  )
  return new Map(
    [...measured].map(([contender, values]) => [
      contender,
      values.map((value, round) => value - (bare.get(contender.group)?.[round] ?? Number.NaN)),
    ]),
  )
}

/** Returns the microseconds of CPU that this process has used. Other load on the machine is not included. */
export function cpuTime(): number {
  const { user, system } = process.cpuUsage()
  return user + system
}
