import type { Explanation } from '@idle-shutdown/core'
import type { Ending } from './ending.ts'
import type { Run } from './run.ts'
import type { Show } from './show.ts'

/** What a show looks like at one moment: plain data. Durations in milliseconds. */
export interface Scene {
  readonly patience: number
  readonly elapsed: number
  readonly servers: readonly ServerScene[]
}

/** What one server looks like at one moment. */
export interface ServerScene extends Pick<Run, 'name' | 'patience' | 'phase' | 'idleAfter'> {
  /** What the server's tracker said last. */
  readonly explanation: Explanation | undefined
  readonly sent: number
  readonly answered: number
  readonly lost: number
  readonly healthChecks: number
  readonly webSocketOpen: boolean
  /** How the process ended, once it has. */
  readonly ending: Ending | undefined
  readonly drain: number | undefined
}

/** Looks at a show. */
export function look({ runs, elapsed }: Show, patience: number): Scene {
  return { patience, elapsed, servers: runs.map(lookAt) }
}

function lookAt({ name, patience, phase, idleAfter, child, traffic }: Run): ServerScene {
  return {
    name,
    patience,
    phase,
    idleAfter,
    explanation: child.explanation,
    sent: traffic?.tally.sent ?? 0,
    answered: traffic?.tally.answered ?? 0,
    lost: traffic?.tally.lost ?? 0,
    healthChecks: traffic?.tally.healthChecks ?? 0,
    webSocketOpen: traffic?.webSocketOpen === true,
    ending: child.ending,
    drain: child.drain?.duration,
  }
}
