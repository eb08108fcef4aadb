import { setTimeout as wait } from 'node:timers/promises'
import { type Ask, ask as askOnce } from './ask.ts'
import { Figures } from './figures.ts'
import type { Supervisor } from './supervisor.ts'

/** How much is asked, and when. */
export interface Load {
  /** What the server was given (ms): the deadline is that long after the last answer. */
  readonly patience: number
  readonly requests: number
  /** As many starts at least, with more requests where those did not do. */
  readonly starts: number
  /** At most so many requests in one round; default: what makes the requests do for the starts. */
  readonly burst?: number
  /** Milliseconds around the deadline at which a round begins: [from, to), each as likely as the others. */
  readonly windows?: readonly (readonly [from: number, to: number])[]
  /** Within how many ms the others of a round follow, in half of the rounds; in the other half they come at once. */
  readonly spread?: number
  readonly ask?: Ask
}

/** Before, on and after: while the server waits, decides, closes, ends, and is gone. */
const WINDOWS = [
  [-15, -1],
  [-1, 4],
  [4, 20],
  [20, 150],
] as const

/** After so many, if they are most of all, nothing more is sent. */
const MOST_LOST = 100

/**
 * Sends requests in rounds. The first of each round falls around the deadline, which is the patience after the last answer;
 * when all of them are answered, the next round begins.
 */
export async function load(supervisor: Supervisor, load: Load): Promise<Figures> {
  const { patience, requests, starts, windows = WINDOWS, spread = 10, ask = askOnce } = load
  // Not every round finds it asleep, so that they are smaller than the requests for each start.
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
      const target = supervisor.targets[(round + index) % supervisor.targets.length]
      if (target !== undefined) await figures.count(ask(target, `${round}-${index}`))
    })
    await Promise.all(sending)
    // What is broken would be asked for ever.
    if (figures.lost > MOST_LOST && figures.lost > figures.answered) break
  }
  figures.starts = supervisor.starts() - before
  return figures
}
