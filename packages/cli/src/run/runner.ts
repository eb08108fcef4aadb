import type { Socket } from 'node:net'
import process from 'node:process'
import { lastLook } from '@idle-shutdown/core/tracker'
import { type HeldAddress, SUPERVISES } from '../protocol/supervisor-info.ts'
import { readSettings, type Settings } from '../settings.ts'
import { AddressListener } from './addresses/address-listener.ts'
import { findProgram, isNode, missingScript } from './command/find-program.ts'
import { commandOptions } from './command-options.ts'
import { CommandRun, type RunResult } from './command-run.ts'
import type { PendingConnection } from './connections/connection-queue.ts'
import { ConnectionRouter } from './connections/connection-router.ts'
import type { ProcessLink } from './connections/process-link.ts'
import { Descriptors, FULL } from './descriptors.ts'
import { type Failure, Failures, NO_EXIT } from './failures.ts'
import { IdlenessInquiry } from './idleness.ts'
import { Preparation } from './preparation.ts'
import type { RunEvent } from './run-event.ts'
import type { RunOptions } from './run-options.ts'
import type { RunStatus } from './run-status.ts'
import { StatusRecord } from './status-record.ts'

/**
 * Holds ports, starts a command on the first connection, passes connections on, and lets the command end when it is
 * idle.
 *
 * Does not end by itself, print, or install signal handlers: the command line does that.
 */
export class Runner {
  readonly #options: RunOptions
  readonly #onEvent: (event: RunEvent) => void
  readonly #router: ConnectionRouter
  readonly #listeners: readonly AddressListener[]
  readonly #descriptors: Descriptors
  readonly #failures: Failures
  readonly #settings: Settings
  readonly #cwd: string
  readonly #record: StatusRecord
  #program = ''
  #preparation: Preparation | undefined
  #run: CommandRun | undefined
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
    this.#record = new StatusRecord(this.#failures)
    // A program other than node starts the server as a process of its own, to which connections are piped.
    const piped = options.proxy !== undefined || !isNode(options.command[0])
    this.#descriptors = new Descriptors(piped ? 2 : 1, () => this.#onEvent({ event: 'hint', hint: FULL }))
    this.#router = new ConnectionRouter(options.maxQueue ?? 1000, options.listen.length, {
      needed: () => this.#needed(),
      full: () => this.#onEvent({ event: 'queue-full', maxQueue: options.maxQueue ?? 1000 }),
      restore: (link, listen) =>
        void this.#listeners[listen]?.ensure().then(() => link.send({ type: 'path-restored', listen })),
      claimed: ({ pid }, listen) => {
        void this.#listeners[listen]?.ensure()
        this.#run?.claimed(listen, pid)
        this.#record.enter('awake')
      },
      released: (_, listen) => this.#run?.released(listen),
      draining: () => {
        this.#run?.draining()
        if (this.#run?.isDraining) this.#record.enter('ending')
      },
      drained: () => this.#run?.drained(),
      idleness: (link, report) => this.#inquiry.answered(link, report),
      gone: (link) => this.#inquiry.gone(link),
      pipe: (waiting) => this.#pipe(waiting),
      admit: (socket) => this.admit(socket),
    })
    this.#listeners = options.listen.map(
      (address, index) =>
        new AddressListener(address, (socket) => {
          if (!this.admit(socket)) return
          this.#record.connections++
          this.#router.accept(socket, index)
        }),
    )
  }

  /** Returns the current status. */
  get status(): RunStatus {
    const { listen, command } = this.#options
    this.#router.dropReset()
    return this.#record.status({
      listen: this.#preparation?.listen ?? listen,
      command,
      pid: this.#run?.pid,
      waiting: this.#router.waiting,
      idle: this.#run === undefined ? undefined : (this.#run.proxy?.idleness ?? this.#inquiry.report(this.#serving)),
    })
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
      for (const listener of this.#listeners) opened.push(await listener.open())
      this.#preparation = await Preparation.begin(this.#router, { addresses: opened, proxy }, () =>
        this.#run?.conclude(),
      )
    } catch (error) {
      for (const listener of this.#listeners) listener.close()
      throw error
    }
    this.#descriptors.begin()
    this.#record.enter('asleep')
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
    if (this.#stopping !== undefined) this.#run?.kill()
    this.#stopping ??= this.#stop(signal)
    return this.#stopping
  }

  async #stop(signal: NodeJS.Signals): Promise<void> {
    this.#onEvent({ event: 'stopping', signal, waiting: this.#router.waiting })
    this.#record.enter('stopping')
    clearTimeout(this.#retry)
    // The kernel resets the connections in its queue when a listener closes.
    await new Promise<boolean>((resolve) => lastLook(() => this.#router.arrivals, resolve))
    for (const listener of this.#listeners) listener.close()
    await this.#router.passedOn()
    this.#router.stop({ status: 503, sentence: 'The server is being stopped.' })
    const run = this.#run
    run?.stop(signal)
    await run?.ended
    this.#preparation?.close()
    this.#record.enter('stopped')
    this.#onEvent({ event: 'stopped' })
  }

  /** Returns the processes that serve an address. */
  get #serving(): ProcessLink[] {
    return [...this.#router.links].filter(({ claims }) => claims.size > 0)
  }

  /** Called when a connection waits. */
  #needed(): void {
    this.#run?.needed()
    // A process of the command that replaces another needs the folder. If this fails, so does the next start, which
    // reports it.
    if (this.#run !== undefined) this.#preparation?.restore().catch(() => {})
    else if (this.#record.state === 'asleep') this.#start()
  }

  #start(): void {
    this.#record.enter('starting')
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
    if (this.#record.state !== 'starting') return
    const options = this.#options
    this.#record.starts++
    this.#failures.retried()
    const run = new CommandRun({
      command: commandOptions(options, { program: this.#program, cwd: this.#cwd }, held),
      settings: this.#settings,
      held,
      proxy: options.proxy,
      readyTimeout: options.readyTimeout ?? 60_000,
      router: this.#router,
      watcher,
      start: this.#record.starts,
      emit: (event) => this.#emit(event),
    })
    this.#run = run
    void run.ended.then((end) => this.#ended(run, end))
  }

  #emit(event: RunEvent): void {
    if (event.event === 'ready') {
      this.#record.coldStart(event.coldStart)
      this.#record.enter('awake')
    }
    this.#onEvent(event)
  }

  #ended(run: CommandRun, { exit, why, uptime, served }: RunResult): void {
    this.#run = undefined
    if (this.#stopping !== undefined) return
    this.#router.dropReset()
    const { waiting } = this.#router
    if (why === undefined) {
      this.#failures.clear()
      this.#onEvent({ event: 'ended', pid: run.pid ?? 0, uptime, waiting })
      this.#record.enter('asleep')
      if (waiting > 0) this.#start()
      return
    }
    this.#failed(why, { pid: run.pid, exit, served })
  }

  #failed(why: string, { pid, exit = NO_EXIT, served = 0 }: Failure, shown?: string): void {
    if (this.#stopping !== undefined) return
    this.#failures.add(why, served)
    const { count: failures, delay } = this.#failures
    const { waiting } = this.#router
    this.#onEvent({ event: 'crashed', pid, code: exit.code, signal: exit.signal, why, failures, waiting })
    this.#record.enter('backing-off')
    if (this.#failures.areTooMany) {
      const sentence = shown ?? `The program failed ${failures} times: ${why}.`
      const refused = this.#router.reject({ status: 502, sentence })
      this.#onEvent({ event: 'gave-up', failures, refused, why, delay })
    } else {
      this.#onEvent({ event: 'backoff', delay, failures, waiting })
    }
    this.#retry = setTimeout(() => {
      this.#router.open()
      this.#router.dropReset()
      this.#record.enter('asleep')
      if (this.#router.waiting > 0) this.#start()
    }, delay)
  }

  #pipe(waiting: PendingConnection): boolean {
    const proxy = this.#run?.proxy
    if (proxy?.open !== true) return false
    proxy.take(waiting, {
      accepted: () => {
        this.#router.countTaken()
      },
      refused: () => this.#router.accept(waiting.socket, waiting.listen, waiting.head),
    })
    return true
  }
}
