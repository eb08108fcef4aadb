import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import type { Held, HeldAddress, ToSupervisor } from '../protocol/messages.ts'
import { readSettings } from '../register/settings.ts'
import { SUPERVISES } from '../register/supervises.ts'
import { Control } from './control.ts'
import { Door } from './door.ts'
import { environment } from './environment.ts'
import { Life, type LifeEnd } from './life.ts'
import type { Link } from './link.ts'
import { findProgram } from './lookup.ts'
import type { RunEvent } from './run-event.ts'
import type { RunOptions } from './run-options.ts'
import type { RunStatus } from './run-status.ts'
import { Switchboard } from './switchboard.ts'

/** The longest pause (ms) between restarts. */
const LONGEST_BACKOFF = 30_000
/** After a life of so long (ms), a failure is the first in a row. */
const STABLE = 10_000
/** How long (ms) the command may take to say how idle it is. */
const ANSWER = 1000
/** How many cold starts the status shows. */
const MOST_COLD_STARTS = 20

/**
 * Holds ports, starts a command on the first connection, passes connections on, and lets the command go when it is idle.
 *
 * Does not end by itself, install signal handlers or print: that is the command line's.
 */
export class Runner {
  readonly #options: RunOptions
  readonly #onEvent: (event: RunEvent) => void
  readonly #switchboard: Switchboard
  readonly #doors: readonly Door[]
  readonly #begun: number = Date.now()
  #program = ''
  #control: Control | undefined
  #held: Held | undefined
  #life: Life | undefined
  #state: RunStatus['state'] = 'stopped'
  #since: number = Date.now()
  #connections = 0
  #starts = 0
  #failures = 0
  #coldStarts: number[] = []
  #lastFailure: RunStatus['lastFailure']
  #retry: NodeJS.Timeout | undefined
  #idle: RunStatus['idle']
  #told: (() => void) | undefined
  #stopping: Promise<void> | undefined

  /** @throws IdleUsageError for IDLE_* settings that are wrong */
  constructor(options: RunOptions, onEvent: (event: RunEvent) => void) {
    this.#options = options
    this.#onEvent = onEvent
    readSettings({ ...process.env, ...options.env, ...options.idle })
    this.#switchboard = new Switchboard(options.maxQueue ?? 1000, {
      needed: () => this.#needed(),
      full: () => onEvent({ event: 'queue-full', maxQueue: options.maxQueue ?? 1000 }),
      restore: (link, listen) => void this.#restore(link, listen),
      claimed: (_, listen) => {
        void this.#doors[listen]?.ensure()
        this.#life?.claimed(listen)
        this.#enter('awake')
      },
      released: (_, listen) => this.#life?.released(listen),
      ending: () => {
        this.#life?.ending()
        if (this.#life?.phase === 'ending') this.#enter('ending')
      },
      closed: () => this.#life?.closed(),
      told: ({ active, deadline, patience, reasons }) => {
        this.#idle = { active, deadline, patience, reasons }
        this.#told?.()
      },
      pipe: (waiting) => this.#pipe(waiting),
    })
    this.#doors = options.listen.map(
      (address, index) =>
        new Door(address, (socket) => {
          this.#connections++
          this.#switchboard.accept(socket, index)
        }),
    )
  }

  /** What it is doing now. */
  get status(): RunStatus {
    const { listen, command } = this.#options
    return {
      state: this.#state,
      since: this.#since,
      begun: this.#begun,
      listen: this.#held?.addresses.map(asListen) ?? listen,
      command,
      pid: this.#life?.pid,
      starts: this.#starts,
      failures: this.#failures,
      connections: this.#connections,
      waiting: this.#switchboard.waiting,
      coldStarts: [...this.#coldStarts],
      lastFailure: this.#lastFailure,
      idle: this.#life === undefined ? undefined : (this.#life.proxy?.idleness ?? this.#idle),
    }
  }

  /**
   * Begins to hold the addresses. Rejects with the system's error (`EADDRINUSE`, `EACCES`, …), which has `address` and `port`;
   * then nothing is held. Rejects with `ENOENT` or `EACCES` where the command is none: it is looked up now, and not when
   * somebody comes.
   */
  async start(): Promise<void> {
    // Where NODE_OPTIONS preloads it here as well.
    Reflect.set(globalThis, SUPERVISES, true)
    this.#program = this.#find()
    const opened: HeldAddress[] = []
    try {
      for (const door of this.#doors) opened.push(await door.open())
    } catch (error) {
      for (const door of this.#doors.slice(0, opened.length)) door.close()
      throw error
    }
    const directory = mkdtempSync(join(tmpdir(), 'idle-shutdown-'))
    const windows = process.platform === 'win32'
    const path = windows ? `\\\\.\\pipe\\idle-shutdown-${process.pid}` : join(directory, 'control')
    this.#control = new Control(path, {
      attached: (link) => this.#switchboard.links.add(link),
      received: (link, message) => this.#receive(link, message),
      detached: (link) => {
        this.#switchboard.detach(link)
        this.#life?.conclude()
      },
    })
    await this.#control.open()
    this.#held = { supervisor: process.pid, directory, control: path, addresses: opened }
    this.#enter('asleep')
    for (const address of opened) this.#onEvent({ event: 'listening', address: asListen(address) })
  }

  /** Asks the command how idle it is, and gives the status with its answer; without one within a second, the last known. */
  async refresh(): Promise<RunStatus> {
    const serving = [...this.#switchboard.links].find(({ claims }) => claims.size > 0)
    if (serving !== undefined) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ANSWER)
        this.#told = () => {
          clearTimeout(timer)
          resolve()
        }
        serving.tell({ type: 'ask' })
      })
    }
    return this.status
  }

  /**
   * Takes no more connections, turns away whoever waits, lets the command answer what it has (`signal` is passed on to it), and
   * resolves when it has ended. Called again, the command is killed at once.
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
    for (const door of this.#doors) door.close()
    const refusal = { status: 503, sentence: 'The server is being stopped.' } as const
    this.#switchboard.close(refusal)
    this.#switchboard.refuseAll(refusal)
    this.#switchboard.endKept()
    const life = this.#life
    life?.stop(signal)
    await life?.ended
    this.#control?.close()
    if (this.#held !== undefined) rmSync(this.#held.directory, { recursive: true, force: true })
    this.#enter('stopped')
    this.#onEvent({ event: 'stopped' })
  }

  async #restore(link: Link, listen: number): Promise<void> {
    await this.#doors[listen]?.ensure()
    link.tell({ type: 'restored', listen })
  }

  #receive(link: Link, message: ToSupervisor, handle?: object): void {
    this.#switchboard.receive(link, message, handle)
  }

  /** Somebody waits. */
  #needed(): void {
    if (this.#life !== undefined) this.#life.needed()
    else if (this.#state === 'asleep') this.#start()
  }

  #start(): void {
    const { options, held } = { options: this.#options, held: this.#held }
    if (held === undefined) return
    this.#starts++
    this.#idle = undefined
    this.#enter('starting')
    const life = new Life({
      command: {
        program: this.#program,
        args: options.command.slice(1),
        env: environment(options, held),
        cwd: options.cwd ?? process.cwd(),
        stdout: options.stdout ?? 'inherit',
      },
      settings: readSettings({ ...process.env, ...options.env, ...options.idle }),
      held,
      proxy: options.proxy,
      readyTimeout: options.readyTimeout ?? 60_000,
      switchboard: this.#switchboard,
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
    const { waiting } = this.#switchboard
    if (this.#state === 'stopping' || this.#state === 'stopped') return
    if (why === undefined) {
      this.#failures = 0
      this.#onEvent({ event: 'ended', pid: life.pid ?? 0, uptime, waiting })
      this.#enter('asleep')
      if (waiting > 0) this.#start()
      return
    }
    this.#failures = uptime > STABLE && life.phase !== 'starting' ? 1 : this.#failures + 1
    this.#lastFailure = { why, at: Date.now() }
    const { code, signal } = exit
    this.#onEvent({ event: 'crashed', pid: life.pid, code, signal, why, failures: this.#failures, waiting })
    this.#backOff(why)
  }

  #backOff(why: string): void {
    const { maxFailures = 5, backoff = 250 } = this.#options
    const delay = Math.min(backoff * 2 ** (this.#failures - 1), LONGEST_BACKOFF)
    this.#enter('backing-off')
    if (this.#failures >= maxFailures) {
      const refusal = { status: 502, sentence: `The program failed ${this.#failures} times: ${why}.` } as const
      const refused = this.#switchboard.refuseAll(refusal)
      this.#switchboard.close(refusal)
      this.#onEvent({ event: 'gave-up', failures: this.#failures, refused, why })
    } else {
      this.#onEvent({ event: 'backoff', delay, failures: this.#failures, waiting: this.#switchboard.waiting })
    }
    this.#retry = setTimeout(() => {
      this.#switchboard.close(undefined)
      this.#enter('asleep')
      if (this.#switchboard.waiting > 0) this.#start()
    }, delay)
  }

  #pipe(waiting: Parameters<NonNullable<ConstructorParameters<typeof Switchboard>[1]['pipe']>>[0]): boolean {
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

  #find(): string {
    const { command, cwd = process.cwd(), env } = this.#options
    return findProgram(command[0], env?.['PATH'] ?? process.env['PATH'], cwd)
  }

  #enter(state: RunStatus['state']): void {
    if (state === this.#state || (this.#stopping !== undefined && state !== 'stopping' && state !== 'stopped')) return
    this.#state = state
    this.#since = Date.now()
  }
}

function asListen(address: HeldAddress): RunOptions['listen'][number] {
  return 'path' in address ? { path: address.path } : { host: address.address, port: address.port }
}
