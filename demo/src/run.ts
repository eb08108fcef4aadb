import { setTimeout as delay } from 'node:timers/promises'
import { Child } from './child.ts'
import { type Ending, endingInWords } from './ending.ts'
import { milliseconds, seconds } from './figures.ts'
import type { Result } from './result.ts'
import { Traffic } from './traffic.ts'

/** How long (ms) a server may take to listen. */
const START = 5000

/** How long (ms) after its patience a server may take to end: more than the grace of 10 s, after which it cuts. */
const END = 11_000

/** A server's program, and what it is called. */
export interface Program {
  readonly name: string
  readonly url: URL
}

/** Durations in milliseconds. */
export interface RunOptions {
  readonly patience: number
  /** How long the traffic lasts. */
  readonly length: number
  /** Is told of every event, in a few words. */
  readonly tell: (text: string) => void
}

/** One server, from its start to its end: traffic, silence, and what was measured. Whatever the server does, it ends. */
export class Run {
  readonly name: string
  readonly patience: number
  readonly child: Child
  /** Undefined until the server listens. */
  traffic: Traffic | undefined
  phase: 'starting' | 'traffic' | 'silence' | 'over' = 'starting'
  /** Resolves with what was measured. */
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
   * Milliseconds from the end of the last counted activity to the idle signal, as seen from here: the ways of the last answer
   * and of the news make it a few more or less.
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
      void child.idle.then(() => this.#tellOfIdleness())
      await this.#within(length + patience + END, 'end', this.#fallSilent(traffic))
      await traffic.over()
    }
    const ending = await child.ended
    this.phase = 'over'
    this.#tellOfEnd(ending)
    return this.#measure(ending)
  }

  async #startTraffic(): Promise<Traffic | undefined> {
    const { child } = this
    const origin = await child.listening
    if (origin === undefined) return undefined
    this.#tell(`listens on ${origin}, as process ${child.pid}`)
    this.#tell('gets traffic: keep-alive clients, slow responses, health checks, a WebSocket')
    this.phase = 'traffic'
    this.traffic = new Traffic({ origin, idle: child.idle, ended: child.ended })
    void this.traffic.webSocketClosed.then((code) => this.#tell(`has its WebSocket closed with ${code}`))
    return this.traffic
  }

  async #fallSilent(traffic: Traffic): Promise<void> {
    const { child } = this
    await Promise.race([delay(this.#options.length, undefined, { ref: false }), child.ended])
    const hushed = traffic.hush()
    if (child.endedAt === undefined) this.#tell('gets no new requests: those in progress are still answered')
    await hushed
    if (child.endedAt === undefined) {
      this.phase = 'silence'
      this.#tell(`is left alone but for the health checks and the silent WebSocket: idle in ${seconds(this.patience)}`)
    }
    await child.ended
  }

  /** Ends the process where `work`, which is over when the process is, takes too long. */
  async #within<T>(ms: number, aim: string, work: Promise<T>): Promise<T> {
    const { child } = this
    const timer = setTimeout(() => {
      this.#note(
        `did not ${aim} within ${seconds(ms)}, and was killed. It last said: ${JSON.stringify(child.explanation)}`,
      )
      child.kill('SIGKILL')
    }, ms)
    const outcome = await work
    clearTimeout(timer)
    return outcome
  }

  #tellOfIdleness(): void {
    const { idleAfter } = this
    this.#tell(`is idle${idleAfter === undefined ? '' : `, ${milliseconds(idleAfter)} after its last activity`}`)
  }

  #tellOfEnd(ending: Ending): void {
    const { idleAt, endedAt, drain, output } = this.child
    const after =
      idleAt === undefined || endedAt === undefined ? '' : `, ${milliseconds(endedAt - idleAt)} after it was idle`
    const drained = drain === undefined ? '' : `; drained in ${milliseconds(drain.duration)}`
    this.#tell(`${endingInWords(ending)}${after}${drained}`)
    for (const line of output.split('\n')) if (line !== '') this.#note(`wrote: ${line}`)
  }

  #tell(text: string): void {
    this.#options.tell(text)
  }

  #note(text: string): void {
    this.#notes.push(text)
    this.#tell(text)
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
