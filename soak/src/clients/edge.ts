import { setTimeout as delay } from 'node:timers/promises'
import { fresh } from './requests.ts'
import { Session } from './session.ts'
import type { Client, Visit } from './visit.ts'
import { Wire } from './wire.ts'

/** Sends requests at about the deadline several times, on its current connection or on a new one. */
export const edge: Client = async (visit) => {
  const wire = await Wire.open(visit)
  let open = await wire.ask('before a pause')
  for (let rest = visit.random.between(0, 3); rest > 0; rest--) {
    await aboutThePatience(visit)
    if (visit.random.chance(0.3)) await fresh(visit)
    else if (open) open = await wire.ask('at the deadline')
  }
  wire.destroy()
}

/** Sends requests at about the deadline several times in one HTTP/2 session. */
export const edgeSession: Client = async (visit) => {
  const session = await Session.open(visit)
  let open = await session.ask('before a pause', 0)
  for (let rest = visit.random.between(0, 3); rest > 0; rest--) {
    await aboutThePatience(visit)
    if (open) open = await session.ask('at the deadline', 0)
  }
  session.leave()
}

async function aboutThePatience({ random, patience }: Visit): Promise<void> {
  await delay(patience + random.between(-4, 4))
}
