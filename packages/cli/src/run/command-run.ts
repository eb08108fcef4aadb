import { after, systemClock } from '@idle-shutdown/core/tracker'
import { formatDuration } from '../format-duration.ts'
import type { SupervisorInfo } from '../protocol/supervisor-info.ts'
import type { Settings } from '../settings.ts'
import { mark, unmark } from './addresses/private-folder.ts'
import { ProxiedPort } from './addresses/proxied-port.ts'
import { Command, type CommandOptions, type Exit } from './command/command.ts'
import { signalProcess } from './command/process-group.ts'
import type { Watcher } from './command/watcher.ts'
import type { ConnectionRouter } from './connections/connection-router.ts'
import { EXIT_TIMEOUT, ExitTimers, exitDelays } from './exit-timers.ts'
import type { RunEvent } from './run-event.ts'
import { hintAtSlowStart, notListening } from './start-hint.ts'

/** The longest time (ms) that idle processes wait for one that starts more slowly, before they may end. */
const SLOWEST_START = 60_000

/** The reason for a signal after the grace. */
const GRACE_OVER = 'it had not ended when its grace was over'

/** The parts of a {@link CommandRun}. */
export interface CommandRunOptions {
  readonly command: CommandOptions
  readonly settings: Settings
  readonly held: SupervisorInfo
  readonly proxy: number | undefined
  readonly readyTimeout: number
  readonly router: ConnectionRouter
  readonly watcher: Watcher
  /** The number of starts, this one included. */
  readonly start: number
  emit(event: RunEvent): void
}

/**
 * The state of a {@link CommandRun}.
 *
 * | state | meaning | timers | may become |
 * | --- | --- | --- | --- |
 * | `starting` | no process has served a held address yet | ready timeout, hint | serving, draining, ended |
 * | `serving` | a process serves, or another must begin to | ready timeout while none serves | draining, ended |
 * | `draining` | no process takes connections, and some may have one to answer | grace | drained, ended |
 * | `drained` | each process that served has closed everything, or is gone | exit timeout | ended |
 * | `ended` | the command has exited, and no process serves | | |
 *
 * A run never goes back.
 */
type RunState = (typeof STATES)[number]
const STATES = ['starting', 'serving', 'draining', 'drained', 'ended'] as const

/** The result of one run of the command. `why` is a sentence if the run failed. */
export interface RunResult {
  readonly exit: Exit
  readonly why: string | undefined
  readonly uptime: number
  /** The time (ms) for which the run was in use, 0 if it never served. */
  readonly served: number
}

/** One run of the command: from its start to the end of the last process that it started. */
export class CommandRun {
  /** Resolves when the run is over. Never rejects. */
  readonly ended: Promise<RunResult>
  readonly proxy: ProxiedPort | undefined
  readonly #options: CommandRunOptions
  readonly #command: Command
  readonly #takenBefore: number
  #state: RunState = 'starting'
  readonly #exitTimers: ExitTimers = new ExitTimers((signal, why) => this.#kill(signal, why))
  /** Stops the timer for a start that serves nothing. */
  #notReady: (() => void) | undefined
  /** The ids of the processes that have served an address, and then the addresses that were served. */
  readonly #served = new Set<number>()
  readonly #listened = new Set<number>()
  readonly #stopSettling: () => void
  readonly #stopHint: () => void
  #exit: Exit | undefined
  /** Set when the command was killed because it did not end, or did not listen. */
  #killed: 'late exit' | { readonly notReady: string } | undefined
  #resolve: (result: RunResult) => void = () => {}

  constructor(options: CommandRunOptions) {
    const { command, settings, router, watcher, proxy, readyTimeout, emit } = options
    this.#options = options
    this.#takenBefore = router.taken
    this.ended = new Promise((resolve) => {
      this.#resolve = resolve
    })
    this.#command = new Command(command, (message, handle) => router.receive(this.#command.link, message, handle))
    const { pid, link } = this.#command
    if (pid !== undefined) {
      watcher.watch(pid, exitDelays(settings.grace, proxy !== undefined))
      emit({ event: 'starting', pid, start: options.start, waiting: router.waiting })
      router.links.add(link)
    }
    void this.#command.exited.then((exit) => {
      this.#exit = exit
      this.proxy?.close()
      router.detach(link)
      this.conclude()
    })
    router.begin()
    this.#stopSettling = after(systemClock, Math.min(readyTimeout, SLOWEST_START), () => router.settle())
    this.#awaitReady(readyTimeout)
    this.#stopHint = hintAtSlowStart({ pid, proxy }, readyTimeout, (hint) => {
      if (this.#state === 'starting' && pid !== undefined) emit({ event: 'hint', hint })
    })
    if (proxy !== undefined && pid !== undefined) this.proxy = this.#proxy(proxy, pid, settings)
  }

  get pid(): number | undefined {
    return this.#command.pid
  }

  /** Reports whether the run takes no more connections, and has not ended. */
  get isDraining(): boolean {
    return this.#state === 'draining' || this.#state === 'drained'
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
    if (!this.#options.router.serves(listen)) unmark(this.#options.held, listen)
    this.needed()
  }

  /**
   * Called when a connection waits. If no process serves, one must do so within the time of a start or of a drain. A
   * process that serves is never killed for a connection to another address. Such a connection waits as well, and is
   * refused if no process has ever listened there.
   */
  needed(): void {
    const { router, readyTimeout, settings } = this.#options
    if (this.#state !== 'serving' || this.#notReady !== undefined) return
    if (!router.unserved || this.proxy?.open === true) return
    if (router.serves()) this.#notReady = after(systemClock, readyTimeout, () => this.#rejectUnheard())
    else this.#awaitReady(this.#answering ? Math.max(readyTimeout, settings.grace + EXIT_TIMEOUT) : readyTimeout)
  }

  /** Notes that an idle process ends. The run drains when the last one does. */
  draining(): void {
    const { router, emit } = this.#options
    if (this.#state !== 'serving') return
    if ([...router.links].some(({ state, claims }) => state !== 'draining' && claims.size > 0)) return
    this.#enter('draining')
    emit({ event: 'idle', pid: this.pid ?? 0, uptime: this.#uptime, connections: router.taken - this.#takenBefore })
    this.#endWithinGrace()
  }

  /**
   * Notes that a process has closed everything or has exited. Takes effect when no other process has anything to
   * answer.
   */
  drained(): void {
    this.needed()
    if (this.#state !== 'draining' || this.#served.size === 0 || this.#answering) return
    this.#enter('drained')
    this.#exitTimers.set(EXIT_TIMEOUT, 'it had closed everything, and did not end')
  }

  /**
   * Ends the command because the supervisor ends. Signals each process that serves or has yet to answer, or the command
   * if there is none.
   */
  stop(signal: NodeJS.Signals): void {
    this.#enter('draining')
    this.proxy?.close()
    const pids = [...this.#options.router.links].filter(({ served }) => served).map(({ pid }) => pid)
    if (pids.length === 0 || pids.includes(this.pid)) this.#command.signal(signal)
    else for (const pid of pids) signalProcess(pid, signal)
    this.#endWithinGrace()
  }

  /** Kills the command at once, with all that it started. */
  kill(): void {
    this.#command.signalAll('SIGKILL')
  }

  /** Resolves `ended` once nothing serves any more. Called when the command or one of its children exits. */
  conclude(): void {
    const exit = this.#exit
    const { router, held, watcher } = this.#options
    this.drained()
    if (exit === undefined || this.#state === 'ended' || router.serves()) return
    this.#clearNotReady()
    if (this.#answering) {
      if (!this.#exitTimers.areSet) this.#endWithinGrace()
      return
    }
    const uptime = this.#uptime
    const result = { exit, why: this.#failure(exit), uptime, served: this.#state === 'starting' ? 0 : uptime }
    this.#enter('ended')
    this.#stopSettling()
    this.#stopHint()
    this.#exitTimers.clear()
    for (const listen of held.addresses.keys()) unmark(held, listen)
    void this.#command.endRest(this.#served, EXIT_TIMEOUT).then(() => {
      watcher.release()
      this.#resolve(result)
    })
  }

  #enter(state: RunState): void {
    if (STATES.indexOf(state) > STATES.indexOf(this.#state)) this.#state = state
  }

  /** Reports whether a process that has served may still have something to answer. */
  get #answering(): boolean {
    return [...this.#options.router.links].some(({ served, state }) => served && state !== 'drained')
  }

  get #uptime(): number {
    return Math.round(performance.now() - this.#command.startedAt)
  }

  #failure({ code, signal, error }: Exit): string | undefined {
    const { router } = this.#options
    if (error !== undefined) return `it could not be started: ${error.message}`
    if (typeof this.#killed === 'object') return `${this.#killed.notReady}, and was killed`
    if (this.isDraining || this.#killed !== undefined) return undefined
    if (signal !== null) return `it was ended by ${signal}`
    if (code !== 0) return `it ended with code ${code}`
    if (this.#state === 'starting') return 'it ended with code 0 before it listened on a held address'
    if (router.waiting > 0 && router.taken === this.#takenBefore) {
      return 'it ended with code 0, and had taken none of the connections that wait'
    }
    return undefined
  }

  #awaitReady(ms: number): void {
    const { router, proxy } = this.#options
    this.#notReady = after(systemClock, ms, () => {
      this.#notReady = undefined
      if (this.isDraining || this.#exit !== undefined || router.serves()) return
      const why = notListening({ pid: this.pid, proxy }, formatDuration(ms))
      this.#kill('SIGKILL', why)
      this.#killed = { notReady: why }
    })
  }

  /** Rejects the connections to addresses on which no process of this run has ever listened, while others serve. */
  #rejectUnheard(): void {
    this.#notReady = undefined
    const { router, readyTimeout } = this.#options
    const sentence = `The program did not listen on this address within ${formatDuration(readyTimeout)}.`
    router.rejectAt({ status: 502, sentence }, (listen) => !this.#listened.has(listen))
  }

  #clearNotReady(): void {
    this.#notReady?.()
    this.#notReady = undefined
  }

  #ready(): void {
    const { emit, router } = this.#options
    this.#clearNotReady()
    if (this.#state !== 'starting') {
      this.needed()
      return
    }
    this.#enter('serving')
    this.#stopHint()
    this.needed()
    emit({ event: 'ready', pid: this.pid ?? 0, coldStart: this.#uptime, waiting: router.waiting })
  }

  #proxy(port: number, pid: number, settings: Settings): ProxiedPort {
    const { router, emit } = this.#options
    const proxy = new ProxiedPort(port, pid, settings, {
      opened: () => {
        this.#ready()
        router.flush()
      },
      foreign: () => emit({ event: 'hint', hint: `port ${port} is in use by another process; nothing is sent to it` }),
    })
    proxy.signal.addEventListener('abort', () => {
      if (this.#state !== 'serving') return
      this.draining()
      this.#command.signal('SIGTERM')
    })
    return proxy
  }

  #endWithinGrace(): void {
    if (this.#state !== 'ended') this.#exitTimers.set(this.#options.settings.grace + EXIT_TIMEOUT, GRACE_OVER)
  }

  #kill(signal: NodeJS.Signals, why: string): void {
    this.#killed ??= 'late exit'
    this.#options.emit({ event: 'killed', pid: this.pid ?? 0, signal, why })
    this.#command.signalAll(signal)
  }
}
