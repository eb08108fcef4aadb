import { setTimeout as delay } from 'node:timers/promises'
import type { Visit } from './visit.ts'

/** Waits for 0 to 6 ms, or sometimes until about the deadline. Half of the calls do not wait at all. */
export async function pause({ random, patience }: Visit): Promise<void> {
  if (random.chance(0.5)) return
  await delay(random.chance(0.1) ? patience + random.between(-4, 4) : random.between(0, 6))
}
