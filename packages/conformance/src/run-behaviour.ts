import { type Behaviour, isHttp } from './behaviour.ts'
import { behaviours } from './behaviours/index.ts'
import type { Subject } from './subject.ts'
import { TestContext } from './test-context.ts'

/** Returns the behaviours that apply to a subject. Fewer of them run on unix sockets. */
export function behavioursOf(subject: Subject, where: 'tcp' | 'unix' = 'tcp'): Behaviour[] {
  return behaviours.filter(({ appliesTo = isHttp, unix = false }) => appliesTo(subject) && (where === 'tcp' || unix))
}

/** Runs one behaviour on one subject. Rejects if the subject behaves differently. */
export async function runBehaviour({ run }: Behaviour, subject: Subject, where: 'tcp' | 'unix' = 'tcp'): Promise<void> {
  const context = new TestContext(subject, where)
  try {
    await run(context)
  } finally {
    await context.end()
  }
}
