import { Session } from './session.ts'
import { type Client, pause } from './visit.ts'

/** Opens several streams in one session, in sequence or at once, and resets some of them. */
export const streams: Client = async (visit) => {
  const { random } = visit
  const session = await Session.open(visit)
  for (let rest = random.between(1, 5); rest > 0; rest--) {
    const asked = Array.from({ length: random.chance(0.3) ? random.between(2, 8) : 1 }, () => session.ask('stream'))
    const goOn = await Promise.all(asked)
    if (goOn.includes(false)) break
    await pause(visit)
  }
  session.leave()
}

/** Destroys or resets a session, even if streams are in progress. */
export const cutSession: Client = async (visit) => {
  const { random } = visit
  const session = await Session.open(visit)
  const asked = Array.from({ length: random.between(0, 4) }, () => session.ask('cut stream', 1))
  await pause(visit)
  session.abandon()
  await Promise.all(asked)
}

/** Opens a session, and only pings. */
export const silentSession: Client = async (visit) => {
  const session = await Session.open(visit)
  await pause(visit)
  await session.ping()
  session.abandon()
}
