import { printable } from '@idle-shutdown/core/tracker'
import type { ToProcess, ToSupervisor } from '../protocol/messages.ts'
import type { RunStatus } from './run-status.ts'

/** The time (ms) in which a process must say how idle it is. */
const ANSWER = 1000
/** The largest number of reasons, and then the longest reason (in characters). */
const MOST_REASONS = 20
const LONGEST_REASON = 200

type Idleness = Omit<Extract<ToSupervisor, { type: 'idleness' }>, 'type'>

/** A process that can be asked. */
interface Asked {
  readonly pid: number | undefined
  send(message: ToProcess): void
}

/** A question that is under way. */
interface Question {
  readonly unanswered: Set<Asked>
  readonly over: Promise<void>
  readonly timer: NodeJS.Timeout
  resolve(): void
}

/**
 * Asks the serving processes how idle they are: one question at a time, for any number of viewers.
 *
 * A question ends when each process has answered or exited, and after a second at the latest.
 */
export class IdlenessInquiry {
  /** The last answer of each process. */
  readonly #answers = new Map<Asked, Idleness>()
  /** The processes that did not answer the last question. */
  readonly #silent = new Set<Asked>()
  #question: Question | undefined

  /** Asks, or waits for the question that is under way. Resolves at once if `serving` is empty. Never rejects. */
  async ask(serving: readonly Asked[]): Promise<void> {
    if (serving.length > 0) await (this.#question ?? this.#begin(serving)).over
  }

  /** Notes the answer of a process. */
  answered(process: Asked, { active, deadline, patience, reasons, uncounted }: Idleness): void {
    this.#answers.set(process, { active, deadline, patience, reasons, uncounted })
    this.#silent.delete(process)
    this.#stopWaiting(process)
  }

  /** Drops the answer of a process that has exited, and waits for it no longer. */
  gone(process: Asked): void {
    this.#answers.delete(process)
    this.#silent.delete(process)
    this.#stopWaiting(process)
  }

  /**
   * Returns the answers of the serving processes as one, or `undefined` if no process has ever answered.
   *
   * `active` is the sum, `deadline` the latest. Each reason begins with its process if there are several.
   */
  report(serving: readonly Asked[]): RunStatus['idle'] {
    const said = serving.flatMap((process) => this.#answers.get(process) ?? [])
    if (said.length === 0) return undefined
    const active = said.reduce((sum, one) => sum + one.active, 0)
    const deadlines = said.flatMap(({ deadline }) => deadline ?? [])
    return {
      active,
      // A process without a deadline does not end.
      deadline: active === 0 && deadlines.length === said.length ? Math.max(...deadlines) : undefined,
      // JSON has no Infinity, so a patience of Infinity arrives as null.
      patience: Math.max(...said.map(({ patience }) => patience ?? Number.POSITIVE_INFINITY)),
      reasons: this.#linesOf(serving, 'reasons'),
      uncounted: this.#linesOf(serving, 'uncounted'),
    }
  }

  #linesOf(serving: readonly Asked[], list: 'reasons' | 'uncounted'): string[] {
    const lines = serving.flatMap((process) => {
      if (this.#silent.has(process)) return list === 'reasons' ? [`process ${process.pid} does not answer`] : []
      const said = this.#answers.get(process)?.[list] ?? []
      return said.map((text) => (serving.length > 1 ? `process ${process.pid}: ${text}` : text)).map(shortLine)
    })
    return lines.slice(0, MOST_REASONS)
  }

  #begin(serving: readonly Asked[]): Question {
    let resolve = (): void => {}
    const over = new Promise<void>((done) => {
      resolve = done
    })
    const timer = setTimeout(() => this.#end(), ANSWER)
    const question: Question = { unanswered: new Set(serving), over, timer, resolve }
    this.#question = question
    for (const process of serving) process.send({ type: 'idleness-request' })
    return question
  }

  #stopWaiting(process: Asked): void {
    const unanswered = this.#question?.unanswered
    if (unanswered?.delete(process) && unanswered.size === 0) this.#end()
  }

  #end(): void {
    const question = this.#question
    if (question === undefined) return
    this.#question = undefined
    clearTimeout(question.timer)
    for (const process of question.unanswered) this.#silent.add(process)
    question.resolve()
  }
}

function shortLine(text: string): string {
  const line = printable(text)
  return line.length > LONGEST_REASON ? `${line.slice(0, LONGEST_REASON - 1)}…` : line
}
