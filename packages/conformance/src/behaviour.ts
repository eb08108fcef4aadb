import type { Subject } from './subject.ts'
import type { Trial } from './trial.ts'

/** A row of the table of what counts, or a step of the deadline and the drain. */
export interface Behaviour {
  /** The case, and what happens. */
  readonly name: string
  /** Whether it makes sense for a subject. Default: for every one that speaks HTTP. */
  readonly appliesTo?: (subject: Subject) => boolean
  /** Tried on unix sockets too. */
  readonly unix?: boolean
  /** Blocks the event loop, or looks at what belongs to the whole process: nothing else runs meanwhile. */
  readonly alone?: boolean
  readonly run: (trial: Trial) => Promise<void>
}

export const isHttp = ({ protocol }: Subject): boolean => protocol !== 'raw'
export const isHttp1 = ({ protocol }: Subject): boolean => protocol === 'http/1.1'
export const isHttp2 = ({ protocol }: Subject): boolean => protocol === 'h2'
export const isRaw = ({ protocol }: Subject): boolean => protocol === 'raw'
export const isSecure = ({ secure }: Subject): boolean => secure
export const isAny = (): boolean => true
