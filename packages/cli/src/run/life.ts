import { after, systemClock } from '@idle-shutdown/core/tracker'
import type { Held } from '../protocol/messages.ts'
import { inWords } from '../register/log.ts'
import type { Settings } from '../register/settings.ts'
import { Command, type CommandOptions, type Exit } from './command.ts'
import { mark, unmark } from './private-folder.ts'
import { ProxiedPort } from './proxied-port.ts'
import type { RunEvent } from './run-event.ts'
import { HINT_AFTER, otherPorts, startHint, wanted } from './start-hint.ts'
import type { Switchboard } from './switchboard.ts'
import type { Respite, Watcher } from './watcher.ts'

/**
 * The time (ms) in which a command must end after it has closed everything. After a request to end, its grace is added.
 */
const LAST_WORDS = 5000

/** The longest time (ms) that idle processes wait for one that starts more slowly, before they may end. */
const SLOWEST_START = 60_000

/** The parts of a {@link Life}. */
export interface LifeOptions {
  readonly command: CommandOptions
  readonly settings: Settings
  readonly held: Held
  readonly proxy: number | undefined
  readonly readyTimeout: number
  readonly switchboard: Switchboard
  readonly watcher: Watcher
  /** The number of starts, this one included. */
  readonly start: number
  emit(event: RunEvent): void
}

/** The result of one run of the command. `why` is a sentence if the run failed. */
export interface LifeEnd {
  readonly exit: Exit
  readonly why: string | undefined
  readonly uptime: number
}

/** One run of the command: from its start to the end of the last process that it started. */
export class Life {
  /** Resolves when the run is over. Never rejects. */
  readonly ended: Promise<LifeEnd>
  readonly proxy: ProxiedPort | undefined
  phase: 'starting' | 'awake' | 'ending' = 'starting'
  readonly #options: LifeOptions
  readonly #command: Command
  readonly #takenBefore: number
  /** The functions that stop the timers which end the command. */
  #endTimers: (() => void)[] = []
  /** Stops the timer for a start that serves nothing. */
  #notReady: (() => void) | undefined
  /** The ids of the processes that have served an address, and then the addresses that were served. */
  readonly #served = new Set<number>()
  readonly #listened = new Set<number>()
  /** True when every process that served has closed everything, or has exited. */
  #allClosed = false
  #concluded = false
  readonly #settled: () => void
  readonly #stopHint: () => void
  #exit: Exit | undefined
  #killed: string | undefined
  #timedOut: string | undefined
  #resolve: (end: LifeEnd) => void = () => {}

  constructor(options: LifeOptions) {
    const { command, settings, switchboard, watcher, proxy, readyTimeout, emit } = options
    this.#options = options
    this.#takenBefore = switchboard.taken
    this.ended = new Promise((resolve) => {
      this.#resolve = resolve
    })
    this.#command = new Command(command, (message, handle) => switchboard.receive(this.#command.link, message, handle))
    const { pid, link } = this.#command
    if (pid !== undefined) {
      watcher.watch(pid, respite(settings.grace, proxy !== undefined))
      emit({ event: 'starting', pid, start: options.start, waiting: switchboard.waiting })
      switchboard.links.add(link)
    }
    void this.#command.exited.then((exit) => {
      this.#exit = exit
      this.proxy?.close()
      switchboard.detach(link)
      this.conclude()
    })
    switchboard.begin()
    this.#settled = after(systemClock, Math.min(readyTimeout, SLOWEST_START), () => switchboard.settle())
    this.#awaitReady(readyTimeout)
    this.#stopHint = after(systemClock, Math.min(HINT_AFTER, readyTimeout / 2), () => {
      if (this.phase === 'starting' && pid !== undefined) emit({ event: 'hint', hint: startHint(pid, proxy) })
    })
    if (proxy !== undefined && pid !== undefined) this.proxy = this.#proxy(proxy, pid, settings)
  }

  get pid(): number | undefined {
    return this.#command.pid
  }

  /** Notes that a process serves an address. */
  claimed(listen: number, pid: number | undefined): void {
    mark(this.#options.held, listen)
    this.#listened.add(listen)
    if (pid !== undefined) this.#served.add(pid)
    this.#ready()
  }

  /** Notes that a process no longer serves an address, or has exited. */
  released(listen: number): void {
    if (!this.#options.switchboard.serves(listen)) unmark(this.#options.held, listen)
    this.needed()
  }

  /**
   * Called when a connection waits. If no process serves, one must do so within the time of a start or of a drain. A
   * process that serves is never killed for a connection to another address. Such a connection waits as well, and is
   * refused if no process has ever listened there.
   */
  needed(): void {
    const { switchboard, readyTimeout, settings } = this.#options
    if (this.phase !== 'awake' || this.#concluded || this.#notReady !== undefined || this.proxy !== undefined) return
    if (!switchboard.unserved) return
    if (switchboard.serves()) this.#notReady = after(systemClock, readyTimeout, () => this.#refuseUnheard())
    else this.#awaitReady(this.#answering ? Math.max(readyTimeout, settings.grace + LAST_WORDS) : readyTimeout)
  }

  /** Notes that an idle process ends. */
  ending(): void {
    const { switchboard, emit } = this.#options
    if (
      this.phase !== 'awake' ||
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

  /**
   * Notes that a process has closed everything or has exited. Takes effect when no other process has anything to
   * answer.
   */
  closed(): void {
    this.needed()
    if (this.phase !== 'ending' || this.#allClosed || this.#served.size === 0 || this.#answering) return
    this.#allClosed = true
    this.#endWithin(LAST_WORDS, 'it had closed everything, and did not end')
  }

  /**
   * Ends the command because the supervisor ends. Signals each process that serves or has yet to answer, or the command
   * if there is none.
   */
  stop(signal: NodeJS.Signals): void {
    this.phase = 'ending'
    this.proxy?.close()
    const pids = [...this.#options.switchboard.links].filter(({ served }) => served).map(({ pid }) => pid)
    if (pids.length === 0 || pids.includes(this.pid)) this.#command.signal(signal)
    else for (const pid of pids) signalProcess(pid, signal)
    this.#endWithin(this.#options.settings.grace + LAST_WORDS, 'it had not ended when its grace was over')
  }

  /** Kills the command at once, with all that it started. */
  kill(): void {
    this.#command.signalAll('SIGKILL')
  }

  /** Resolves `ended` once nothing serves any more. Called when the command or one of its children exits. */
  conclude(): void {
    const exit = this.#exit
    const { switchboard, held, settings, watcher } = this.#options
    this.closed()
    if (exit === undefined || this.#concluded || switchboard.serves()) return
    this.#clearNotReady()
    if (this.#answering) {
      if (this.#endTimers.length === 0)
        this.#endWithin(settings.grace + LAST_WORDS, 'it had not ended when its grace was over')
      return
    }
    this.#concluded = true
    this.#settled()
    this.#stopHint()
    this.#clearEndTimers()
    for (const listen of held.addresses.keys()) unmark(held, listen)
    const end = { exit, why: this.#failure(exit), uptime: this.#uptime }
    void this.#command.endRest(this.#served, LAST_WORDS).then(() => {
      watcher.release()
      this.#resolve(end)
    })
  }

  /** Reports whether a process that has served may still have something to answer. */
  get #answering(): boolean {
    return [...this.#options.switchboard.links].some(({ served, state }) => served && state !== 'closed')
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

  #awaitReady(ms: number): void {
    const { emit, switchboard, proxy } = this.#options
    this.#notReady = after(systemClock, ms, () => {
      this.#notReady = undefined
      if (this.phase === 'ending' || this.#exit !== undefined || switchboard.serves()) return
      const ports = otherPorts(this.pid)
      const why = `it did not listen within ${inWords(ms)}${ports && ` on ${wanted(proxy)}, but on ${ports}`}`
      this.#timedOut = why
      emit({ event: 'killed', pid: this.pid ?? 0, signal: 'SIGKILL', why })
      this.kill()
    })
  }

  /** Refuses the connections to addresses on which no process of this run has ever listened, while others serve. */
  #refuseUnheard(): void {
    this.#notReady = undefined
    const { switchboard, readyTimeout } = this.#options
    const sentence = `The program did not listen on this address within ${inWords(readyTimeout)}.`
    switchboard.refuseAll({ status: 502, sentence }, (listen) => !this.#listened.has(listen))
  }

  #clearNotReady(): void {
    this.#notReady?.()
    this.#notReady = undefined
  }

  #ready(): void {
    const { emit, switchboard } = this.#options
    this.#clearNotReady()
    if (this.phase !== 'starting') {
      this.needed()
      return
    }
    this.phase = 'awake'
    this.#stopHint()
    this.needed()
    emit({ event: 'ready', pid: this.pid ?? 0, coldStart: this.#uptime, waiting: switchboard.waiting })
  }

  #proxy(port: number, pid: number, settings: Settings): ProxiedPort {
    const { switchboard, emit } = this.#options
    const proxy = new ProxiedPort(port, pid, settings, {
      opened: () => {
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

  /** Sends SIGTERM to all processes after `ms`, and SIGKILL after another {@link LAST_WORDS}. */
  #endWithin(ms: number, why: string): void {
    this.#clearEndTimers()
    const kill = (signal: NodeJS.Signals) => (): void => {
      this.#killed = why
      this.#options.emit({ event: 'killed', pid: this.pid ?? 0, signal, why })
      this.#command.signalAll(signal)
    }
    this.#endTimers = [after(systemClock, ms, kill('SIGTERM')), after(systemClock, ms + LAST_WORDS, kill('SIGKILL'))]
  }

  #clearEndTimers(): void {
    for (const clear of this.#endTimers.splice(0)) clear()
  }
}

/**
 * Returns how long the watcher waits. A Node program notices that its supervisor is gone and ends within its grace;
 * another program does not.
 */
function respite(grace: number, proxied: boolean): Respite {
  const whole = grace + LAST_WORDS
  return proxied ? { untilTerm: 0, untilKill: whole } : { untilTerm: whole, untilKill: LAST_WORDS }
}

function signalProcess(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return
  try {
    process.kill(pid, signal)
  } catch {
    // The process has just ended.
  }
}
