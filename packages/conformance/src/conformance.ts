import { describe, test } from 'vitest'
import { attempt, behavioursOf } from './attempt.ts'
import type { Subject } from './subject.ts'

/** Registers one test for each behaviour that makes sense for the subject; on unix sockets, a smaller number. */
export function conformance(subject: Subject, where: 'tcp' | 'unix' = 'tcp'): void {
  describe(where === 'unix' ? `${subject.name}, on a unix socket` : subject.name, () => {
    for (const behaviour of behavioursOf(subject, where)) {
      test(behaviour.name, () => attempt(behaviour, subject, where))
    }
  })
}
