import type { Subject } from './subject.ts'
import type { TestContext } from './test-context.ts'

/** One row of the table of what counts, or one step of the deadline or the drain. */
export interface Behaviour {
  /** The case and its outcome. */
  readonly name: string
  /** Reports whether the behaviour applies to a subject. Default: applies to every subject that speaks HTTP. */
  readonly appliesTo?: (subject: Subject) => boolean
  /** The behaviour is tried on unix sockets too. */
  readonly unix?: boolean
  /** The behaviour blocks the event loop or inspects state of the whole process, so nothing else may run meanwhile. */
  readonly alone?: boolean
  readonly run: (context: TestContext) => Promise<void>
}

export const isHttp = ({ protocol }: Subject): boolean => protocol !== 'raw'
export const isHttp1 = ({ protocol }: Subject): boolean => protocol === 'http/1.1'
export const isHttp2 = ({ protocol }: Subject): boolean => protocol === 'h2'
export const isRaw = ({ protocol }: Subject): boolean => protocol === 'raw'
export const isSecure = ({ secure }: Subject): boolean => secure
export const isAny = (): boolean => true
