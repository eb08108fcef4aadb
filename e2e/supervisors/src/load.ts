import { setTimeout as wait } from 'node:timers/promises'
import { type Ask, ask as askOnce } from './ask.ts'
import { Figures } from './figures.ts'
import type { Supervisor } from './supervisor.ts'

/** The number and the times of requests. */
export interface Load {
  /** The patience of the server (ms). The deadline is one patience after the last response. */
  readonly patience: number
  readonly requests: number
  /** The least number of starts. More requests are sent if `requests` cause fewer. */
  readonly starts: number
  /** The largest number of requests in one round. Default: such that the requests suffice for the starts. */
  readonly burst?: number
  /** Milliseconds around the deadline at which a round begins: [from, to), each equally likely. */
  readonly windows?: readonly (readonly [from: number, to: number])[]
  /**
   * The time (ms) within which the other requests of a round follow in half of the rounds. In the other half, they
   * follow at once.
   */
  readonly spread?: number
  readonly ask?: Ask
}

/** Windows before, at and after the deadline: while the server waits, decides, closes, ends, and has ended. */
const WINDOWS = [
  [-15, -1],
  [-1, 4],
  [4, 20],
  [20, 150],
] as const

/** The load stops after so many losses if they are the majority. */
const MOST_LOST = 100

/**
 * Sends requests in rounds. The first request of each round falls around the deadline, which is one patience after the
 * last response. The next round begins when all requests of a round are answered.
 */
export async function load(supervisor: Supervisor, load: Load): Promise<Figures> {
  const { patience, requests, starts, windows = WINDOWS, spread = 10, ask = askOnce } = load
  // The server is not asleep in every round, so rounds are smaller than the number of requests for each start.
  const { burst = Math.max(1, Math.floor((requests / starts) * 1.1)) } = load
  const figures = new Figures()
  const before = supervisor.starts()
  for (let round = 0; figures.sent < requests || supervisor.starts() - before < starts; round++) {
    const [from, to] = windows[round % windows.length] ?? [0, 0]
    await wait(Math.max(0, patience + from + Math.random() * (to - from)))
    const count = 1 + Math.floor(Math.random() * burst)
    const pause = round % 2 === 0 ? 0 : spread
    const sending = Array.from({ length: count }, async (_, index) => {
      if (index > 0 && pause > 0) await wait(Math.random() * pause)
      const address = supervisor.addresses[(round + index) % supervisor.addresses.length]
      if (address !== undefined) await figures.count(ask(address, `${round}-${index}`))
    })
    await Promise.all(sending)
    // Without this limit, a broken server would get requests forever.
    if (figures.lost > MOST_LOST && figures.lost > figures.answered) break
  }
  figures.starts = supervisor.starts() - before
  return figures
}
