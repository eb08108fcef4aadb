import { setTimeout as delay } from 'node:timers/promises'
import { milliseconds, seconds } from '../result/figures.ts'
import { type Ending, endingInWords, type Result } from '../result/result.ts'
import { Child } from './child.ts'
import { Traffic } from './traffic.ts'

/** The longest time (ms) that a server may take to listen. */
const START = 30_000

/**
 * The longest time (ms) from the patience to the end of a server. Longer than the grace of 10 s, after which it cuts
 * connections.
 */
const END = 11_000

/** A server's program and its name. */
export interface Program {
  readonly name: string
  readonly url: URL
}

/** Options of a {@link Run}. Durations are in milliseconds. */
export interface RunOptions {
  readonly patience: number
  /** The duration of the traffic. */
  readonly length: number
  /** Called with a short text for every event. */
  readonly onEvent: (text: string) => void
}

/** One server from start to end: traffic, silence and measurements. Ends the server if it does not end by itself. */
export class Run {
  readonly name: string
  readonly patience: number
  readonly child: Child
  /** Undefined until the server listens. */
  traffic: Traffic | undefined
  phase: 'starting' | 'traffic' | 'silence' | 'over' = 'starting'
  /** Resolves with the measurements. */
  readonly result: Promise<Result>
  readonly #options: RunOptions
  readonly #notes: string[] = []

  constructor({ name, url }: Program, options: RunOptions) {
    this.name = name
    this.patience = options.patience
    this.#options = options
    this.child = new Child(url, options.patience)
    this.result = this.#play()
  }

  /**
   * Milliseconds from the end of the last counted activity to the idle signal, measured in this process. The transfer
   * of the last response and of the report changes the value by a few milliseconds.
   */
  get idleAfter(): number | undefined {
    const { child, traffic } = this
    if (child.idleAt === undefined || traffic?.tally.lastActivity === undefined) return undefined
    return child.idleAt - traffic.tally.lastActivity
  }

  async #play(): Promise<Result> {
    const { child } = this
    const { patience, length } = this.#options
    const traffic = await this.#within(START, 'listen', this.#startTraffic())
    if (traffic !== undefined) {
      void child.idle.then(() => this.#reportIdle())
      await this.#within(length + patience + END, 'end', this.#fallSilent(traffic))
      await traffic.over()
    }
    const ending = await child.ended
    this.phase = 'over'
    this.#reportEnd(ending)
    return this.#measure(ending)
  }

  async #startTraffic(): Promise<Traffic | undefined> {
    const { child } = this
    const origin = await child.listening
    if (origin === undefined) return undefined
    this.#report(`listens on ${origin}, as process ${child.pid}`)
    this.#report('receives traffic: keep-alive clients, slow responses, health checks, a WebSocket')
    this.phase = 'traffic'
    this.traffic = new Traffic({ origin, idle: child.idle, ended: child.ended })
    void this.traffic.webSocketClosed.then((code) => this.#report(`has its WebSocket closed with ${code}`))
    return this.traffic
  }

  async #fallSilent(traffic: Traffic): Promise<void> {
    const { child } = this
    await Promise.race([delay(this.#options.length, undefined, { ref: false }), child.ended])
    const stopped = traffic.stopActivity()
    if (child.endedAt === undefined) this.#report('receives no new requests, and still answers those in progress')
    await stopped
    if (child.endedAt === undefined) {
      this.phase = 'silence'
      this.#report(`receives only health checks, and its WebSocket is silent: idle in ${seconds(this.patience)}`)
    }
    await child.ended
  }

  /** Ends the process if `work` takes too long. `work` settles when the process has ended. */
  async #within<T>(ms: number, aim: string, work: Promise<T>): Promise<T> {
    const { child } = this
    const timer = setTimeout(() => {
      this.#note(
        `did not ${aim} within ${seconds(ms)}, and was killed. Its last explanation: ${JSON.stringify(child.explanation)}`,
      )
      child.kill('SIGKILL')
    }, ms)
    const outcome = await work
    clearTimeout(timer)
    return outcome
  }

  #reportIdle(): void {
    const { idleAfter } = this
    this.#report(`is idle${idleAfter === undefined ? '' : `, ${milliseconds(idleAfter)} after its last activity`}`)
  }

  #reportEnd(ending: Ending): void {
    const { idleAt, endedAt, drain, output } = this.child
    const after =
      idleAt === undefined || endedAt === undefined ? '' : `, ${milliseconds(endedAt - idleAt)} after it was idle`
    const drained = drain === undefined ? '' : `; drained in ${milliseconds(drain.duration)}`
    this.#report(`${endingInWords(ending)}${after}${drained}`)
    for (const line of output.split('\n')) if (line !== '') this.#note(`printed: ${line}`)
  }

  #report(text: string): void {
    this.#options.onEvent(text)
  }

  #note(text: string): void {
    this.#notes.push(text)
    this.#report(text)
  }

  #measure(ending: Ending): Result {
    const { name, patience, idleAfter, child, traffic } = this
    return {
      name,
      sent: traffic?.tally.sent ?? 0,
      answered: traffic?.tally.answered ?? 0,
      losses: traffic?.tally.losses ?? [],
      patience,
      idleAfter,
      drain: child.drain?.duration,
      ending,
      notes: this.#notes,
    }
  }
}
