import { rmSync, writeFileSync } from 'node:fs'
import type { Held } from '../protocol/messages.ts'
import { claimMark } from '../register/held-places.ts'
import { inWords } from '../register/log.ts'
import type { Settings } from '../register/settings.ts'
import { Command, type CommandOptions, type Exit } from './command.ts'
import { ProxiedPort } from './proxied-port.ts'
import type { RunEvent } from './run-event.ts'
import type { Switchboard } from './switchboard.ts'

/** How long (ms) a command that has closed everything may take to end, and one that was told to end, beyond its grace. */
const LAST_WORDS = 5000

/** What a life is made of. */
export interface LifeOptions {
  readonly command: CommandOptions
  readonly settings: Settings
  readonly held: Held
  readonly proxy: number | undefined
  readonly readyTimeout: number
  readonly switchboard: Switchboard
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
  #exit: Exit | undefined
  #killed: string | undefined
  #timedOut = false
  #resolve: (end: LifeEnd) => void = () => {}

  constructor(options: LifeOptions) {
    const { command, settings, switchboard, proxy } = options
    this.#options = options
    this.#takenBefore = switchboard.taken
    this.ended = new Promise((resolve) => {
      this.#resolve = resolve
    })
    this.#command = new Command(command, (message, handle) => switchboard.receive(this.#command.link, message, handle))
    const { pid, link } = this.#command
    if (pid !== undefined) {
      options.emit({ event: 'starting', pid, start: options.start, waiting: switchboard.waiting })
      switchboard.links.add(link)
    }
    void this.#command.exited.then((exit) => {
      this.#exit = exit
      this.proxy?.close()
      switchboard.detach(link)
      this.conclude()
    })
    this.#awaitReady()
    if (proxy !== undefined && pid !== undefined) this.proxy = this.#proxy(proxy, settings)
  }

  get pid(): number | undefined {
    return this.#command.pid
  }

  /** A process serves an address. */
  claimed(listen: number): void {
    writeFileSync(claimMark(this.#options.held, listen), '')
    this.#ready()
  }

  released(listen: number): void {
    rmSync(claimMark(this.#options.held, listen), { force: true })
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
    const { switchboard, held } = this.#options
    if (exit.error === undefined && [...switchboard.links].some(({ claims }) => claims.size > 0)) return
    for (const timer of this.#timers) clearTimeout(timer)
    clearTimeout(this.#readyTimer)
    for (const listen of held.addresses.keys()) rmSync(claimMark(held, listen), { force: true })
    this.#resolve({ exit, why: this.#failure(exit), uptime: this.#uptime })
  }

  get #uptime(): number {
    return Math.round(performance.now() - this.#command.startedAt)
  }

  #failure({ code, signal, error }: Exit): string | undefined {
    const { readyTimeout, switchboard } = this.#options
    if (error !== undefined) return `it could not be started: ${error.message}`
    if (this.#timedOut) return `it did not listen within ${inWords(readyTimeout)}, and was killed`
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
      this.#timedOut = true
      emit({
        event: 'killed',
        pid: this.pid ?? 0,
        signal: 'SIGKILL',
        why: `it did not listen within ${inWords(readyTimeout)}`,
      })
      this.kill()
    }, readyTimeout)
  }

  #ready(): void {
    const { emit, switchboard } = this.#options
    if (!switchboard.unserved) {
      clearTimeout(this.#readyTimer)
      this.#readyTimer = undefined
    }
    if (this.phase !== 'starting') return
    this.phase = 'awake'
    this.coldStart.ms = this.#uptime
    emit({ event: 'ready', pid: this.pid ?? 0, coldStart: this.#uptime, waiting: switchboard.waiting })
  }

  #proxy(port: number, settings: Settings): ProxiedPort {
    const proxy = new ProxiedPort(port, settings)
    void proxy.ready().then((open) => {
      if (!open) return
      this.#ready()
      this.#options.switchboard.flush()
    })
    proxy.signal.addEventListener('abort', () => {
      if (this.phase !== 'awake') return
      this.ending()
      this.#command.signal('SIGTERM')
    })
    return proxy
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
    this.#timers = [setTimeout(kill('SIGTERM'), ms), setTimeout(kill('SIGKILL'), ms + LAST_WORDS)]
  }
}

function signalProcess(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return
  try {
    process.kill(pid, signal)
  } catch {
    // It has just ended.
  }
}
