import { type Behaviour, isHttp } from './behaviour.ts'
import { behaviours } from './behaviours/index.ts'
import type { Subject } from './subject.ts'
import { Trial } from './trial.ts'

/** The behaviours that make sense for a subject; on unix sockets, a smaller number. */
export function behavioursOf(subject: Subject, where: 'tcp' | 'unix' = 'tcp'): Behaviour[] {
  return behaviours.filter(({ appliesTo = isHttp, unix = false }) => appliesTo(subject) && (where === 'tcp' || unix))
}

/** Tries one behaviour on one subject. Rejects where the subject behaves otherwise. */
export async function attempt({ run }: Behaviour, subject: Subject, where: 'tcp' | 'unix' = 'tcp'): Promise<void> {
  const trial = new Trial(subject, where)
  try {
    await run(trial)
  } finally {
    await trial.end()
  }
}
