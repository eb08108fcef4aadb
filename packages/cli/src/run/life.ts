import { setTimeout as pass } from 'node:timers/promises'
import type { Held } from '../protocol/messages.ts'
import { inWords } from '../register/log.ts'
import type { Settings } from '../register/settings.ts'
import { Command, type CommandOptions, type Exit } from './command.ts'
import { portsOf } from './listeners.ts'
import { mark, unmark } from './private-folder.ts'
import { ProxiedPort } from './proxied-port.ts'
import type { RunEvent } from './run-event.ts'
import type { Switchboard } from './switchboard.ts'
import type { Respite, Watcher } from './watcher.ts'

/** How long (ms) a command that has closed everything may take to end, and one that was told to end, beyond its grace. */
const LAST_WORDS = 5000
/** After so long (ms), or half of the time that it has, a command that has not listened is hinted at. */
const HINT = 10_000
/** A longer timer (ms) would fire at once. */
const LONGEST_TIMER = 2 ** 31 - 1

/** What a life is made of. */
export interface LifeOptions {
  readonly command: CommandOptions
  readonly settings: Settings
  readonly held: Held
  readonly proxy: number | undefined
  readonly readyTimeout: number
  readonly switchboard: Switchboard
  readonly watcher: Watcher
  /** How many starts there were, this one included. */
  readonly start: number
  emit(event: RunEvent): void
}

/** How a life ended. `why` is a sentence where it was a failure. */
export interface LifeEnd {
  readonly exit: Exit
  readonly why: string | undefined
  readonly uptime: number
}

/** One run of the command: from its start to the end of the last process that serves. */
export class Life {
  /** Never rejects. */
  readonly ended: Promise<LifeEnd>
  readonly proxy: ProxiedPort | undefined
  phase: 'starting' | 'awake' | 'ending' = 'starting'
  /** What the process that spoke last said of its idleness. */
  readonly coldStart: { ms: number | undefined } = { ms: undefined }
  readonly #options: LifeOptions
  readonly #command: Command
  readonly #takenBefore: number
  #timers: NodeJS.Timeout[] = []
  #readyTimer: NodeJS.Timeout | undefined
  #hintTimer: NodeJS.Timeout | undefined
  #exit: Exit | undefined
  #killed: string | undefined
  #timedOut: string | undefined
  #resolve: (end: LifeEnd) => void = () => {}

  constructor(options: LifeOptions) {
    const { command, settings, switchboard, watcher, proxy } = options
    this.#options = options
    this.#takenBefore = switchboard.taken
    this.ended = new Promise((resolve) => {
      this.#resolve = resolve
    })
    this.#command = new Command(command, (message, handle) => switchboard.receive(this.#command.link, message, handle))
    const { pid, link } = this.#command
    if (pid !== undefined) {
      watcher.watch(pid, respite(settings.grace, proxy !== undefined))
      options.emit({ event: 'starting', pid, start: options.start, waiting: switchboard.waiting })
      switchboard.links.add(link)
    }
    void this.#command.exited.then((exit) => {
      this.#exit = exit
      this.proxy?.close()
      switchboard.detach(link)
      if (this.proxy === undefined) this.conclude()
      else void this.#endRest().then(() => this.conclude())
    })
    this.#awaitReady()
    if (pid === undefined) return
    if (proxy !== undefined) this.proxy = this.#proxy(proxy, pid, settings)
    this.#hintTimer = setTimeout(() => this.#hint(), Math.min(HINT, options.readyTimeout / 2))
  }

  get pid(): number | undefined {
    return this.#command.pid
  }

  /** A process serves an address. */
  claimed(listen: number): void {
    mark(this.#options.held, listen)
    this.#ready()
  }

  released(listen: number): void {
    unmark(this.#options.held, listen)
    if (this.phase === 'awake') this.needed()
  }

  /** Somebody waits: if no process serves the address, one has to within the time that a start may take. */
  needed(): void {
    if (this.phase === 'awake' && this.#readyTimer === undefined && this.#options.switchboard.unserved)
      this.#awaitReady()
  }

  /** A process is idle, and ends. */
  ending(): void {
    const { switchboard, emit } = this.#options
    if (
      this.phase === 'ending' ||
      [...switchboard.links].some(({ state, claims }) => state !== 'leaving' && claims.size > 0)
    )
      return
    this.phase = 'ending'
    emit({
      event: 'idle',
      pid: this.pid ?? 0,
      uptime: this.#uptime,
      connections: switchboard.taken - this.#takenBefore,
    })
    this.#endWithin(this.#options.settings.grace + LAST_WORDS, 'it had not ended when its grace was over')
  }

  /** Everything is closed, and the process is about to end. */
  closed(): void {
    if (this.phase === 'ending') this.#endWithin(LAST_WORDS, 'it had closed everything, and did not end')
  }

  /** Ends it, as the supervisor ends. Each process that serves is told, or the command where none does. */
  stop(signal: NodeJS.Signals): void {
    this.phase = 'ending'
    this.proxy?.close()
    const pids = [...this.#options.switchboard.links].filter(({ claims }) => claims.size > 0).map(({ pid }) => pid)
    if (pids.length === 0 || pids.includes(this.pid)) this.#command.signal(signal)
    else for (const pid of pids) signalProcess(pid, signal)
    this.#endWithin(this.#options.settings.grace + LAST_WORDS, 'it had not ended when its grace was over')
  }

  /** Ends it at once, with all that it started. */
  kill(): void {
    this.#command.signalAll('SIGKILL')
  }

  /** Whether its end has come is looked at: when the command, or a process that it started, has ended. */
  conclude(): void {
    const exit = this.#exit
    if (exit === undefined) return
    const { switchboard, held, watcher } = this.#options
    if (exit.error === undefined && [...switchboard.links].some(({ claims }) => claims.size > 0)) return
    for (const timer of this.#timers) clearTimeout(timer)
    clearTimeout(this.#readyTimer)
    clearTimeout(this.#hintTimer)
    for (const listen of held.addresses.keys()) unmark(held, listen)
    watcher.release()
    this.#resolve({ exit, why: this.#failure(exit), uptime: this.#uptime })
  }

  get #uptime(): number {
    return Math.round(performance.now() - this.#command.startedAt)
  }

  #failure({ code, signal, error }: Exit): string | undefined {
    const { switchboard } = this.#options
    if (error !== undefined) return `it could not be started: ${error.message}`
    if (this.#timedOut !== undefined) return `${this.#timedOut}, and was killed`
    if (this.phase === 'ending' || this.#killed !== undefined) return undefined
    if (signal !== null) return `it was ended by ${signal}`
    if (code !== 0) return `it ended with code ${code}`
    if (this.phase === 'starting') return 'it ended with code 0 before it listened on what is held'
    if (switchboard.waiting > 0 && switchboard.taken === this.#takenBefore) {
      return 'it ended with code 0, and had taken none of the connections that wait'
    }
    return undefined
  }

  #awaitReady(): void {
    const { readyTimeout, emit } = this.#options
    if (readyTimeout === Number.POSITIVE_INFINITY) return
    this.#readyTimer = setTimeout(() => {
      this.#readyTimer = undefined
      if (this.phase === 'ending' || this.#exit !== undefined) return
      this.#timedOut = `it did not listen within ${inWords(readyTimeout)}`
      const ports = this.#ports
      if (ports !== '') this.#timedOut += ` on ${this.#wanted}, but on ${ports}`
      emit({ event: 'killed', pid: this.pid ?? 0, signal: 'SIGKILL', why: this.#timedOut })
      this.kill()
    }, atMost(readyTimeout))
  }

  /** Says what is missing, long before the command is killed. */
  #hint(): void {
    if (this.phase !== 'starting') return
    const { proxy, emit } = this.#options
    const ports = this.#ports
    const seen =
      ports === '' ? `it has not listened on ${this.#wanted}` : `it listens on ${ports}, and not on ${this.#wanted}`
    const way = proxy === undefined ? '; a program that is not Node needs --proxy PORT' : ''
    emit({ event: 'hint', hint: `${seen}${way}` })
  }

  get #wanted(): string {
    const { proxy } = this.#options
    return proxy === undefined ? 'what is held' : `port ${proxy}`
  }

  /** The ports on which the command listens, if the system tells. */
  get #ports(): string {
    const ports = this.pid === undefined ? [] : portsOf(this.pid)
    return ports.length === 0 ? '' : `port${ports.length > 1 ? 's' : ''} ${ports.join(' and ')}`
  }

  #ready(): void {
    const { emit, switchboard } = this.#options
    if (!switchboard.unserved) {
      clearTimeout(this.#readyTimer)
      this.#readyTimer = undefined
    }
    if (this.phase !== 'starting') return
    this.phase = 'awake'
    clearTimeout(this.#hintTimer)
    this.coldStart.ms = this.#uptime
    emit({ event: 'ready', pid: this.pid ?? 0, coldStart: this.#uptime, waiting: switchboard.waiting })
  }

  #proxy(port: number, pid: number, settings: Settings): ProxiedPort {
    const { switchboard, emit } = this.#options
    const proxy = new ProxiedPort(port, pid, settings, {
      opened: () => {
        clearTimeout(this.#readyTimer)
        this.#readyTimer = undefined
        this.#ready()
        switchboard.flush()
      },
      foreign: () => emit({ event: 'hint', hint: `port ${port} is in use by another process; nothing is sent to it` }),
    })
    proxy.signal.addEventListener('abort', () => {
      if (this.phase !== 'awake') return
      this.ending()
      this.#command.signal('SIGTERM')
    })
    return proxy
  }

  /** What a proxied command started may hold its port: with it gone, the next would not get it. */
  async #endRest(): Promise<void> {
    const command = this.#command
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      if (command.isLeft) command.signalAll(signal)
      const begun = performance.now()
      while (command.isLeft && performance.now() - begun < LAST_WORDS) await pass(25)
    }
  }

  /** SIGTERM first, to all of them; then SIGKILL. */
  #endWithin(ms: number, why: string): void {
    for (const timer of this.#timers) clearTimeout(timer)
    const kill = (signal: NodeJS.Signals) => (): void => {
      this.#killed = why
      this.#options.emit({ event: 'killed', pid: this.pid ?? 0, signal, why })
      this.#command.signalAll(signal)
    }
    this.#timers = []
    if (ms === Number.POSITIVE_INFINITY) return
    this.#timers = [setTimeout(kill('SIGTERM'), atMost(ms)), setTimeout(kill('SIGKILL'), atMost(ms + LAST_WORDS))]
  }
}

/** A Node program ends by itself when its supervisor is gone, within its grace. Another does not notice. */
function respite(grace: number, proxied: boolean): Respite {
  const whole = grace + LAST_WORDS
  return proxied ? { untilTerm: 0, untilKill: whole } : { untilTerm: whole, untilKill: LAST_WORDS }
}

function atMost(ms: number): number {
  return Math.min(ms, LONGEST_TIMER)
}

function signalProcess(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return
  try {
    process.kill(pid, signal)
  } catch {
    // It has just ended.
  }
}
