import type { Figures } from './figures.ts'
import type { Length } from './length.ts'

/** Something that is run and holds, or does not. */
export interface Scenario {
  readonly name: string
  /** Why it cannot be run here. */
  readonly missing?: string | undefined
  /** @throws when it does not hold, with the reason */
  run(length: Length): Promise<Figures | undefined>
}

/** @throws an Error that says so when it does not hold */
export function must(holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(otherwise)
}
