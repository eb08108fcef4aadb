import type { Figures } from './figures.ts'
import type { LoadProfile } from './load-profile.ts'

/** A scenario that passes or fails. */
export interface Scenario {
  readonly name: string
  /** The reason why the scenario cannot run here. */
  readonly missing?: string | undefined
  /** @throws with the reason if the scenario fails */
  run(profile: LoadProfile): Promise<Figures | undefined>
}

/** @throws an Error with the message `otherwise` if the condition does not hold */
export function must(holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(otherwise)
}
