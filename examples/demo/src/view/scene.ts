import type { Explanation } from '@idle-shutdown/core'
import type { Ending } from '../result/result.ts'
import type { Run } from '../traffic/run.ts'
import type { Show } from '../traffic/show.ts'

/** The state of a show at one moment, as plain data. Durations are in milliseconds. */
export interface Scene {
  readonly patience: number
  readonly elapsed: number
  readonly servers: readonly ServerScene[]
}

/** The state of one server at one moment. */
export interface ServerScene extends Pick<Run, 'name' | 'patience' | 'phase' | 'idleAfter'> {
  /** The last explanation of the server's tracker. */
  readonly explanation: Explanation | undefined
  readonly sent: number
  readonly answered: number
  readonly lost: number
  readonly healthChecks: number
  readonly webSocketOpen: boolean
  /** The end of the process, once it has ended. */
  readonly ending: Ending | undefined
  readonly drain: number | undefined
}

/** Returns the current scene of a show. */
export function sceneOf({ runs, elapsed }: Show, patience: number): Scene {
  return { patience, elapsed, servers: runs.map(serverSceneOf) }
}

function serverSceneOf({ name, patience, phase, idleAfter, child, traffic }: Run): ServerScene {
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
