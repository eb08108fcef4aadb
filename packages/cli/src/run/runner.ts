import type { Socket } from 'node:net'
import process from 'node:process'
import { lastLook } from '@idle-shutdown/core/tracker'
import type { HeldAddress } from '../protocol/messages.ts'
import { readSettings, type Settings } from '../register/settings.ts'
import { SUPERVISES } from '../register/supervises.ts'
import type { Waiting } from './connection-queue.ts'
import { Descriptors, FULL } from './descriptors.ts'
import { Door } from './door.ts'
import { environment } from './environment.ts'
import { type Failure, Failures, NO_EXIT } from './failures.ts'
import { IdlenessInquiry } from './idleness.ts'
import { Life, type LifeEnd } from './life.ts'
import type { Link } from './link.ts'
import { findProgram, isNode, missingScript } from './lookup.ts'
import { Preparation } from './preparation.ts'
import type { RunEvent } from './run-event.ts'
import type { RunOptions } from './run-options.ts'
import type { RunStatus } from './run-status.ts'
import { Switchboard } from './switchboard.ts'

/** The number of cold starts in the status. */
const MOST_COLD_STARTS = 20

/**
 * Holds ports, starts a command on the first connection, passes connections on, and lets the command end when it is
 * idle.
 *
 * Does not end by itself, print, or install signal handlers: the command line does that.
 */
export class Runner {
  readonly #options: RunOptions
  readonly #onEvent: (event: RunEvent) => void
  readonly #switchboard: Switchboard
  readonly #doors: readonly Door[]
  readonly #descriptors: Descriptors
  readonly #failures: Failures
  readonly #settings: Settings
  readonly #cwd: string
  readonly #begun: number = Date.now()
  #program = ''
  #preparation: Preparation | undefined
  #life: Life | undefined
  #state: RunStatus['state'] = 'stopped'
  #since: number = Date.now()
  #connections = 0
  #starts = 0
  #coldStarts: number[] = []
  #retry: NodeJS.Timeout | undefined
  readonly #inquiry = new IdlenessInquiry()
  #stopping: Promise<void> | undefined

  /** @throws IdleUsageError for wrong IDLE_* settings */
  constructor(options: RunOptions, onEvent: (event: RunEvent) => void) {
    this.#options = options
    this.#onEvent = onEvent
    this.#settings = readSettings({ ...process.env, ...options.env, ...options.idle })
    // Read now, because the folder may be gone when the command is started.
    this.#cwd = options.cwd ?? process.cwd()
    this.#failures = new Failures(options.maxFailures ?? 5, options.backoff ?? 250)
    // A program other than node starts the server as a process of its own, to which connections are piped.
    const piped = options.proxy !== undefined || !isNode(options.command[0])
    this.#descriptors = new Descriptors(piped ? 2 : 1, () => this.#onEvent({ event: 'hint', hint: FULL }))
    this.#switchboard = new Switchboard(options.maxQueue ?? 1000, options.listen.length, {
      needed: () => this.#needed(),
      full: () => this.#onEvent({ event: 'queue-full', maxQueue: options.maxQueue ?? 1000 }),
      restore: (link, listen) => void this.#doors[listen]?.ensure().then(() => link.tell({ type: 'restored', listen })),
      claimed: ({ pid }, listen) => {
        void this.#doors[listen]?.ensure()
        this.#life?.claimed(listen, pid)
        this.#enter('awake')
      },
      released: (_, listen) => this.#life?.released(listen),
      ending: () => {
        this.#life?.ending()
        if (this.#life?.phase === 'ending') this.#enter('ending')
      },
      closed: () => this.#life?.closed(),
      told: (link, idleness) => this.#inquiry.told(link, idleness),
      gone: (link) => this.#inquiry.gone(link),
      pipe: (waiting) => this.#pipe(waiting),
      admit: (socket) => this.admit(socket),
    })
    this.#doors = options.listen.map(
      (address, index) =>
        new Door(address, (socket) => {
          if (!this.admit(socket)) return
          this.#connections++
          this.#switchboard.accept(socket, index)
        }),
    )
  }

  /** Returns the current status. */
  get status(): RunStatus {
    const { listen, command } = this.#options
    this.#switchboard.letGo()
    // `asleep` alone would hide the failures: after too many of them, the next start may fail, too.
    const gaveUp = this.#failures.areTooMany && (this.#state === 'backing-off' || this.#state === 'asleep')
    return {
      state: gaveUp ? 'gave-up' : this.#state,
      since: gaveUp ? (this.#failures.last?.at ?? this.#since) : this.#since,
      begun: this.#begun,
      listen: this.#preparation?.listen ?? listen,
      command,
      pid: this.#life?.pid,
      starts: this.#starts,
      failures: this.#failures.count,
      connections: this.#connections,
      waiting: this.#switchboard.waiting,
      coldStarts: [...this.#coldStarts],
      lastFailure: this.#failures.last,
      retryAt: this.#failures.retryAt,
      idle: this.#life === undefined ? undefined : (this.#life.proxy?.idleness ?? this.#inquiry.report(this.#serving)),
    }
  }

  /** Counts a socket that takes a descriptor. Closes the socket and returns false if no descriptor is left for it. */
  admit(socket: Socket): boolean {
    if (this.#descriptors.admit(socket)) return true
    socket.destroy()
    return false
  }

  /**
   * Begins to hold the addresses. Looks the command up now, and not at the first connection.
   *
   * Rejects with the system's error (`EADDRINUSE`, `EACCES`, …), which has `address` and `port`; then nothing is held.
   * Rejects with `ENOENT` or `EACCES` if the command does not exist or is not executable. Rejects with
   * {@link NoPrivateFolderError} if no temporary folder can be used.
   */
  async start(): Promise<void> {
    // NODE_OPTIONS may preload the register module into this process, too.
    Reflect.set(globalThis, SUPERVISES, true)
    const { command, env, proxy } = this.#options
    this.#program = findProgram(command[0], env?.['PATH'] ?? process.env['PATH'], this.#cwd)
    const opened: HeldAddress[] = []
    try {
      for (const door of this.#doors) opened.push(await door.open())
      this.#preparation = await Preparation.begin(this.#switchboard, { addresses: opened, proxy }, () =>
        this.#life?.conclude(),
      )
    } catch (error) {
      for (const door of this.#doors) door.close()
      throw error
    }
    this.#descriptors.begin()
    this.#enter('asleep')
    for (const address of this.#preparation.listen) this.#onEvent({ event: 'listening', address })
    const script = missingScript(command, this.#cwd)
    if (script !== undefined) this.#emit({ event: 'hint', hint: `there is no file ${script}: node will not find it` })
  }

  /**
   * Asks the processes that serve how idle they are, and returns the status with their answers.
   *
   * Asks one question at a time, whose answers are for all callers that ask meanwhile. Takes a second at most; a
   * process that has not answered by then is named in the status.
   */
  async refresh(): Promise<RunStatus> {
    await this.#inquiry.ask(this.#serving)
    return this.status
  }

  /**
   * Stops the supervisor, and resolves when the command has ended.
   *
   * Takes no more connections, passes on those that had queued by now, and refuses the ones that no process serves.
   * Passes `signal` on to the command, which answers the requests that it has. A second call kills the command at once.
   */
  stop(signal: NodeJS.Signals): Promise<void> {
    if (this.#stopping !== undefined) this.#life?.kill()
    this.#stopping ??= this.#stop(signal)
    return this.#stopping
  }

  async #stop(signal: NodeJS.Signals): Promise<void> {
    this.#onEvent({ event: 'stopping', signal, waiting: this.#switchboard.waiting })
    this.#enter('stopping')
    clearTimeout(this.#retry)
    // The kernel resets the connections in its queue when a listener closes.
    await new Promise<boolean>((resolve) => lastLook(() => this.#switchboard.arrivals, resolve))
    for (const door of this.#doors) door.close()
    await this.#switchboard.passedOn()
    const refusal = { status: 503, sentence: 'The server is being stopped.' } as const
    this.#switchboard.close(refusal)
    this.#switchboard.refuseAll(refusal)
    this.#switchboard.endKept()
    const life = this.#life
    life?.stop(signal)
    await life?.ended
    this.#preparation?.close()
    this.#enter('stopped')
    this.#onEvent({ event: 'stopped' })
  }

  /** Returns the processes that serve an address. */
  get #serving(): Link[] {
    return [...this.#switchboard.links].filter(({ claims }) => claims.size > 0)
  }

  /** Called when a connection waits. */
  #needed(): void {
    this.#life?.needed()
    // A process of the command that replaces another needs the folder. If this fails, so does the next start, which
    // reports it.
    if (this.#life !== undefined) this.#preparation?.restore().catch(() => {})
    else if (this.#state === 'asleep') this.#start()
  }

  #start(): void {
    this.#enter('starting')
    const preparation = this.#preparation
    preparation
      ?.ready()
      .then(() => this.#launch(preparation))
      .catch((error: unknown) =>
        this.#failed(`${error instanceof Error ? error.message : error}`, {}, 'The program cannot be started.'),
      )
  }

  #launch({ held, watcher }: Preparation): void {
    // The supervisor was stopped meanwhile.
    if (this.#state !== 'starting') return
    const options = this.#options
    this.#starts++
    this.#failures.retried()
    const life = new Life({
      command: {
        program: this.#program,
        args: options.command.slice(1),
        env: environment(options, held),
        cwd: this.#cwd,
        stdout: options.stdout ?? 'inherit',
      },
      settings: this.#settings,
      held,
      proxy: options.proxy,
      readyTimeout: options.readyTimeout ?? 60_000,
      switchboard: this.#switchboard,
      watcher,
      start: this.#starts,
      emit: (event) => this.#emit(event),
    })
    this.#life = life
    void life.ended.then((end) => this.#ended(life, end))
  }

  #emit(event: RunEvent): void {
    if (event.event === 'ready') {
      this.#coldStarts = [...this.#coldStarts, event.coldStart].slice(-MOST_COLD_STARTS)
      this.#enter('awake')
    }
    this.#onEvent(event)
  }

  #ended(life: Life, { exit, why, uptime }: LifeEnd): void {
    this.#life = undefined
    if (this.#stopping !== undefined) return
    this.#switchboard.letGo()
    const { waiting } = this.#switchboard
    if (why === undefined) {
      this.#failures.clear()
      this.#onEvent({ event: 'ended', pid: life.pid ?? 0, uptime, waiting })
      this.#enter('asleep')
      if (waiting > 0) this.#start()
      return
    }
    this.#failed(why, { pid: life.pid, exit, served: life.phase === 'starting' ? 0 : uptime })
  }

  #failed(why: string, { pid, exit = NO_EXIT, served = 0 }: Failure, shown?: string): void {
    if (this.#stopping !== undefined) return
    this.#failures.add(why, served)
    const { count: failures, delay } = this.#failures
    const { waiting } = this.#switchboard
    this.#onEvent({ event: 'crashed', pid, code: exit.code, signal: exit.signal, why, failures, waiting })
    this.#enter('backing-off')
    if (this.#failures.areTooMany) {
      const refusal = { status: 502, sentence: shown ?? `The program failed ${failures} times: ${why}.` } as const
      const refused = this.#switchboard.refuseAll(refusal)
      this.#switchboard.close(refusal)
      this.#onEvent({ event: 'gave-up', failures, refused, why, delay })
    } else {
      this.#onEvent({ event: 'backoff', delay, failures, waiting })
    }
    this.#retry = setTimeout(() => {
      this.#switchboard.close(undefined)
      this.#switchboard.letGo()
      this.#enter('asleep')
      if (this.#switchboard.waiting > 0) this.#start()
    }, delay)
  }

  #pipe(waiting: Waiting): boolean {
    const proxy = this.#life?.proxy
    if (proxy?.open !== true) return false
    proxy.take(waiting, {
      accepted: () => {
        this.#switchboard.taken++
      },
      refused: () => this.#switchboard.accept(waiting.socket, waiting.listen, waiting.head),
    })
    return true
  }

  #enter(state: RunStatus['state']): void {
    if (state === this.#state || (this.#stopping !== undefined && state !== 'stopping' && state !== 'stopped')) return
    this.#state = state
    this.#since = Date.now()
  }
}
