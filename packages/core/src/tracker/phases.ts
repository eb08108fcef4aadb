/** A table of phases: the meaning of each phase, and the phases that may follow it. */
export type PhaseTable<Phase extends string = string> = Readonly<
  Record<Phase, { readonly means: string; readonly next: readonly Phase[] }>
>

/** The phases of the clock of a tracker, as `explain()` names them. */
export type CountdownPhase = 'paused' | 'sleeping' | 'busy' | 'looking' | 'asking' | 'over'

/**
 * The phases of a countdown. The code reads only the types of the table. Tests compare each change with the table, and
 * the diagram in docs/what-counts-as-idle.md is made of it.
 */
export const COUNTDOWN_PHASES: PhaseTable<CountdownPhase> = {
  paused: { means: 'no server listens yet', next: ['sleeping', 'over'] },
  sleeping: { means: 'a timer is set for the deadline', next: ['sleeping', 'busy', 'looking', 'over'] },
  busy: { means: 'something was active when the timer fired', next: ['sleeping', 'over'] },
  looking: {
    means: 'the deadline has passed, and a last look at the event loop is under way',
    next: ['sleeping', 'busy', 'asking', 'over'],
  },
  asking: { means: 'confirm has been called', next: ['looking', 'sleeping', 'busy', 'over'] },
  over: { means: 'the clock has stopped for good', next: [] },
}
