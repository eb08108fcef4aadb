import { describe, test } from 'vitest'
import { isHttp } from './behaviour.ts'
import { behaviours } from './behaviours/index.ts'
import type { Subject } from './subject.ts'
import { Trial } from './trial.ts'

/** Registers one test for each behaviour that makes sense for the subject; on unix sockets, a smaller number. */
export function conformance(subject: Subject, where: 'tcp' | 'unix' = 'tcp'): void {
  describe(where === 'unix' ? `${subject.name}, on a unix socket` : subject.name, () => {
    for (const { name, appliesTo = isHttp, unix = false, run } of behaviours) {
      if (!appliesTo(subject) || (where === 'unix' && !unix)) continue
      test(name, async () => {
        const trial = new Trial(subject, where)
        try {
          await run(trial)
        } finally {
          await trial.end()
        }
      })
    }
  })
}
