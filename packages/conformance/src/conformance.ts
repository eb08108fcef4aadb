import { describe, test } from 'vitest'
import { behavioursOf, runBehaviour } from './run-behaviour.ts'
import type { Subject } from './subject.ts'

/** Milliseconds. Concurrent behaviours share an event loop: on a busy machine each takes as long as all of them. */
const TIMEOUT = 60_000

/**
 * Registers one test for each behaviour that applies to the subject. Fewer of them run on unix sockets. Most behaviours
 * wait for time to pass, so they run concurrently, each with its own server. The ones marked `alone` run after them.
 */
export function conformance(subject: Subject, where: 'tcp' | 'unix' = 'tcp'): void {
  describe(where === 'unix' ? `${subject.name}, on a unix socket` : subject.name, () => {
    const behaviours = behavioursOf(subject, where)
    for (const behaviour of behaviours.filter(({ alone }) => alone !== true)) {
      test.concurrent(behaviour.name, { timeout: TIMEOUT }, () => runBehaviour(behaviour, subject, where))
    }
    for (const behaviour of behaviours.filter(({ alone }) => alone === true)) {
      test(behaviour.name, () => runBehaviour(behaviour, subject, where))
    }
  })
}
