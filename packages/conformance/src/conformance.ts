import { describe, test } from 'vitest'
import { attempt, behavioursOf } from './attempt.ts'
import type { Subject } from './subject.ts'

/** Milliseconds. Those that run at once share an event loop: on a busy machine each takes as long as all of them. */
const TIMEOUT = 60_000

/**
 * Registers one test for each behaviour that makes sense for the subject; on unix sockets, a smaller number. Most of them wait for
 * time to pass: so several run at once, each with its own server, and the others come after them.
 */
export function conformance(subject: Subject, where: 'tcp' | 'unix' = 'tcp'): void {
  describe(where === 'unix' ? `${subject.name}, on a unix socket` : subject.name, () => {
    const behaviours = behavioursOf(subject, where)
    for (const behaviour of behaviours.filter(({ alone }) => alone !== true)) {
      test.concurrent(behaviour.name, { timeout: TIMEOUT }, () => attempt(behaviour, subject, where))
    }
    for (const behaviour of behaviours.filter(({ alone }) => alone === true)) {
      test(behaviour.name, () => attempt(behaviour, subject, where))
    }
  })
}
