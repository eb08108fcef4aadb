import type { Kind } from './row.ts'
import { shuffled } from './statistics.ts'

/** What is measured in turn with others. */
export interface Contender {
  /** What is done: it is compared with bare Node doing the same. */
  readonly group: string
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

/** What is made anew for each generation. */
export interface Closable extends Contender {
  close(): unknown
}

/** What a contender gave, by generation and round. */
export interface Found extends Pick<Contender, 'group' | 'subject' | 'kind'> {
  readonly inAll: number[][]
  /** Over bare Node in the same round. */
  readonly added: number[][]
}

/**
 * Measures all contenders in rounds, and makes them anew for each generation, so that no figure depends on what one of them was
 * lucky with, such as where its code lies.
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

/** What each contender cost over bare Node in the same round. */
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

/** Microseconds of CPU that this process has used, whatever else the machine does. */
export function cpuTime(): number {
  const { user, system } = process.cpuUsage()
  return user + system
}
