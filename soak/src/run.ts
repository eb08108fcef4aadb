import type { Subject } from '@idle-shutdown/conformance'
import { Burst } from './clients/burst.ts'
import { Random } from './clients/random.ts'
import { ClientLedger, type Outcome } from './ledger/client-ledger.ts'
import { type CycleReport, now } from './ledger/report.ts'
import { type Growth, growth } from './result/growth.ts'
import type { Result } from './result/result.ts'
import { ServerProcess } from './server/server-process.ts'

/** Options of a {@link Run}. */
export interface RunOptions {
  readonly subject: Subject
  readonly seed: number
  /** Milliseconds. */
  readonly length: number
  readonly inputs: number
}

/** The patience (ms) of the servers. */
const PATIENCE = 30

/**
 * The longest time (ms) that a cycle may take to begin, or to end after its clients have left. Longer than a drain's
 * grace.
 */
const TOO_LONG = 60_000

/** The factor by which a run may exceed its length until all malformed inputs are sent. Large, for busy machines. */
const MOST_LENGTHS = 30

/** The share of samples that is left out. A process that has just started still compiles, and fills its caches. */
const WARM_UP = 0.5

/**
 * The tolerated growth in bytes of heap for each connection. Three standard errors must make it certain. A leak grows
 * with the number of connections. The rest of the warm-up does not, and may reach the second figure in total.
 */
const MOST_GROWTH = 50
const MOST_LEFT_OF_WARM_UP = 1_000_000

/** The largest number of faults that are reported for one cycle, and for one subject. */
const MOST_FAULTS = 5
const MOST_FAULTS_REPORTED = 15

/** The largest number of requests that are sent again in the next cycle. Usually enough for all late ones. */
const MOST_AGAIN = 20

/** Soaks one subject: cycle after cycle in one process, which ends by itself after the last one. */
export class Run {
  readonly #options: RunOptions
  readonly #process: ServerProcess
  readonly #outcomes: Record<Outcome, number> = { answered: 0, abandoned: 0, unsent: 0, late: 0, lost: 0 }
  readonly #heap: [connections: number, bytes: number][] = []
  readonly #faults: string[] = []
  #begunAt = 0
  #cycles = 0
  #idleEnds = 0
  #connections = 0
  #inputs = 0
  #lastId = 0
  #again = 0

  constructor(options: RunOptions) {
    this.#options = options
    this.#process = new ServerProcess(options.subject.name, PATIENCE)
  }

  /** Runs the soak to its end, and leaves no process behind. */
  async play(): Promise<Result> {
    const { subject, length, inputs } = this.#options
    this.#begunAt = now()
    try {
      for (let last = false; !last; ) {
        const elapsed = now() - this.#begunAt
        last = elapsed >= length && (this.#inputs >= inputs || elapsed >= MOST_LENGTHS * length)
        if (!(await this.#cycle(last))) break
      }
      if (this.#inputs < inputs)
        this.#faults.push(`servers took only ${this.#inputs} of ${inputs} malformed inputs in time`)
      const exit = await this.#exit()
      const grown = this.#growth()
      return {
        name: subject.name,
        cycles: this.#cycles,
        idleEnds: this.#idleEnds,
        connections: this.#connections,
        outcomes: this.#outcomes,
        inputs: this.#inputs,
        growth: grown,
        exit,
        faults: this.#faults,
      }
    } finally {
      this.#process.kill()
    }
  }

  /** Runs one cycle. Reports whether the run can wait for the next one. */
  async #cycle(last: boolean): Promise<boolean> {
    const { subject, seed, length, inputs } = this.#options
    const listening = await this.#process.next('listening', TOO_LONG)
    if (listening === undefined) return this.#failed('did not begin to listen')
    if (last) this.#process.send('last')
    this.#cycles++
    const ledger = new ClientLedger(() => ++this.#lastId)
    const { over } = new Burst({
      subject,
      address: listening.address,
      ledger,
      patience: PATIENCE,
      random: (name) => new Random(`${seed}/${subject.name}/${this.#cycles}/${name}`),
      again: this.#again,
      isShortOfInputs: this.#inputs / inputs < (now() - this.#begunAt) / length,
      malformed: () => this.#inputs++,
      close: () => this.#process.send('close'),
    })
    for (const client of await over) this.#fault(`the client ${client} did not end`)
    const closed = await this.#process.next('closed', TOO_LONG)
    if (closed === undefined) {
      this.#process.send('explain')
      const explanation = await this.#process.next('explanation', 1000)
      return this.#failed(`did not end: ${explanation?.text ?? 'the process does not answer'}`)
    }
    this.#settle(ledger, closed.report)
    return true
  }

  #settle(ledger: ClientLedger, report: CycleReport): void {
    const { left, figures, beforeGrace, idle, accepted, heap } = report
    const faults = ledger.settle(report)
    if (left.active !== 0 || left.ignored !== 0) faults.push(`closed, but still counts: ${JSON.stringify(left)}`)
    if (figures.destroyed !== 0 || figures.abandoned !== 0)
      faults.push(`the grace ended: ${JSON.stringify(figures)}. Before its end: ${beforeGrace}`)
    for (const fault of faults.slice(0, MOST_FAULTS)) this.#fault(fault)
    if (faults.length > MOST_FAULTS) this.#fault(`${faults.length - MOST_FAULTS} more faults`)
    for (const { outcome } of ledger.requests)
      if (outcome !== 'open' && outcome !== 'unanswered') this.#outcomes[outcome]++
    this.#again = Math.min(MOST_AGAIN, ledger.count('late') + ledger.count('unsent'))
    if (idle) this.#idleEnds++
    this.#connections += accepted.length
    this.#heap.push([this.#connections, heap])
  }

  #fault(what: string): void {
    if (this.#faults.length < MOST_FAULTS_REPORTED) this.#faults.push(`cycle ${this.#cycles}: ${what}`)
  }

  #failed(what: string): false {
    this.#fault(what)
    return false
  }

  /** Waits for the exit of a process that has ended its last cycle or has failed. */
  async #exit(): Promise<Result['exit']> {
    const timer = setTimeout(() => {
      this.#fault('the process did not end by itself')
      this.#process.kill()
    }, TOO_LONG)
    const exit = await this.#process.exit
    clearTimeout(timer)
    if (exit !== 0) this.#faults.push(`its process ended with ${exit}`)
    if (this.#process.output !== '')
      this.#faults.push(`its process wrote: ${this.#process.output.trim().slice(0, 3000)}`)
    return exit
  }

  #growth(): Growth {
    const later = this.#heap.slice(Math.floor(this.#heap.length * WARM_UP))
    const grown = growth(later)
    const { slope, error } = grown
    const connections = this.#connections - (later[0]?.[0] ?? 0)
    if (slope - 3 * error > MOST_GROWTH + MOST_LEFT_OF_WARM_UP / connections) {
      this.#faults.push(`the heap grows by ${slope.toFixed(0)} ± ${error.toFixed(0)} bytes with each connection`)
    }
    return grown
  }
}
