import type { Kind } from './row.ts'
import { shuffled } from './statistics.ts'

/** One of several subjects that are measured in turn. */
export interface Variant {
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
 * Measures every variant once in each round, in random order, so that disturbances of the machine affect all of them.
 * Returns the measurements of each variant, by round. Leaves out an additional tenth of the rounds at the start, in
 * which code is still being compiled.
 */
export async function inRounds(count: number, variants: readonly Variant[]): Promise<Map<Variant, number[]>> {
  const measured = new Map<Variant, number[]>(variants.map((variant) => [variant, []]))
  const warmUp = Math.floor(count / 10)
  for (let round = 0; round < warmUp + count; round++) {
    for (const variant of shuffled(variants)) {
      const value = await variant.measure()
      if (round >= warmUp) measured.get(variant)?.push(value)
    }
  }
  return measured
}

/** A variant that is created again for each generation. */
export interface DisposableVariant extends Variant {
  close(): unknown
}

/** The measurements of a variant, by generation and round. */
export interface VariantResult extends Pick<Variant, 'group' | 'subject' | 'kind'> {
  readonly inAll: number[][]
  /** The difference to bare Node in the same round. */
  readonly added: number[][]
}

/**
 * Measures all variants in rounds, and creates them again for each generation. So no figure depends on the luck of
 * one instance, such as the place of its code in memory.
 */
export async function inGenerations(
  generations: number,
  rounds: number,
  make: () => Promise<readonly DisposableVariant[]>,
): Promise<VariantResult[]> {
  const found: VariantResult[] = []
  for (let generation = 0; generation < generations; generation++) {
    const variants = await make()
    const inAll = await inRounds(rounds, variants)
    const added = overBare(inAll)
    for (const [index, variant] of variants.entries()) {
      const { group, subject, kind } = variant
      found[index] ??= { group, subject, kind, inAll: [], added: [] }
      found[index].inAll.push(inAll.get(variant) ?? [])
      found[index].added.push(added.get(variant) ?? [])
      await variant.close()
    }
  }
  return found
}

/** Returns the cost of each variant above bare Node in the same round. */
export function overBare(measured: ReadonlyMap<Variant, readonly number[]>): Map<Variant, number[]> {
  const bare = new Map(
    [...measured].filter(([{ kind }]) => kind === 'bare').map(([{ group }, values]) => [group, values]),
  )
  return new Map(
    [...measured].map(([variant, values]) => [
      variant,
      values.map((value, round) => value - (bare.get(variant.group)?.[round] ?? Number.NaN)),
    ]),
  )
}

/** Returns the microseconds of CPU that this process has used. Other load on the machine is not included. */
export function cpuTime(): number {
  const { user, system } = process.cpuUsage()
  return user + system
}
