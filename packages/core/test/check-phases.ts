import { DRAIN_PHASES, Drain } from '../src/closing/drain.ts'
import { Countdown } from '../src/tracker/countdown.ts'
import { COUNTDOWN_PHASES, type PhaseTable } from '../src/tracker/phases.ts'

/**
 * Makes each change of a phase throw that the table does not have. Replaces `enter()`, so that the code pays nothing.
 */
function checkChanges(prototype: object, table: PhaseTable): void {
  const enter: unknown = Reflect.get(prototype, 'enter')
  if (typeof enter !== 'function') throw new Error('The class has no enter()')
  const [first = ''] = Object.keys(table)
  const phases = new WeakMap<object, string>()
  Reflect.set(prototype, 'enter', function (this: object, next: string): void {
    const phase = phases.get(this) ?? first
    if (!table[phase]?.next.includes(next)) throw new Error(`Illegal phase: ${next} after ${phase}`)
    phases.set(this, next)
    enter.call(this, next)
  })
}

checkChanges(Countdown.prototype, COUNTDOWN_PHASES)
checkChanges(Drain.prototype, DRAIN_PHASES)
