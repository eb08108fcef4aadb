import { setTimeout as pass } from 'node:timers/promises'
import { Random } from '../clients/random.ts'
import { Client } from './client.ts'
import { type Mode, Supervisor } from './supervisor.ts'
import { type Outcome, Tally } from './tally.ts'

/** The patience (ms) of the programs. */
const PATIENCE = 40

/** The number of clients. */
const CLIENTS = 24

/** The number of connections that a program allows: a few less than clients, so that some new ones are dropped. */
const MOST = 21

/** Options of {@link play}. */
export interface PlayOptions {
  readonly mode: Mode
  readonly seed: number
  /** The approximate number of requests. */
  readonly requests: number
}

/** The outcome of a run. */
export interface PlayResult {
  readonly mode: Mode
  readonly requests: number
  readonly wakeUps: number
  readonly counts: Readonly<Record<Outcome, number>>
  readonly faults: readonly string[]
}

/**
 * Sends requests around the end of programs under `idle-shutdown run`. In each round, some clients send when about one
 * patience has passed since the last response. Compares each response with its request.
 */
export async function play({ mode, seed, requests }: PlayOptions): Promise<PlayResult> {
  const supervisor = await Supervisor.start(mode, PATIENCE, MOST)
  const tally = new Tally()
  const random = new Random(`${seed}/${mode}/rounds`)
  const clients = Array.from(
    { length: CLIENTS },
    (_, index) => new Client(`${index}`, supervisor.port, new Random(`${seed}/${mode}/client ${index}`), tally),
  )
  let sent = 0
  try {
    while (sent < requests) {
      // This moment is near the deadline, and sometimes long after it, when the program has ended.
      const moment = PATIENCE + (random.chance(0.2) ? random.between(100, 300) : random.between(-12, 25))
      const share = random.pick([0.1, 0.5, 1])
      const asked = clients
        .filter(() => random.chance(share))
        .map(async (client) => {
          await pass(Math.max(0, moment + random.between(0, 8)))
          return client.ask()
        })
      for (const count of await Promise.all(asked)) sent += count
    }
    tally.settle(supervisor.noted)
    for (const event of ['crashed', 'killed', 'queue-full']) {
      if (supervisor.count(event) > 0) tally.faults.push(`the supervisor printed ${event}`)
    }
    return { mode, requests: sent, wakeUps: supervisor.count('starting'), counts: tally.counts, faults: tally.faults }
  } finally {
    for (const client of clients) client.close()
    await supervisor.stop()
  }
}
