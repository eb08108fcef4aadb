import { type ChildProcess, spawn } from 'node:child_process'
import process from 'node:process'
import { type ToProcess, type ToSupervisor, tagged, untagged } from '../protocol/messages.ts'
import { Link } from './link.ts'

/** How a command ended. */
export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** Why it could not even be started. */
  readonly error?: Error
}

/** What is started, and with what. */
export interface CommandOptions {
  readonly program: string
  readonly args: readonly string[]
  readonly env: NodeJS.ProcessEnv
  readonly cwd: string
  readonly stdout: 'inherit' | 'stderr'
}

/** The command, running. It has a process group of its own, where there are groups: it is ended with all that it started. */
export class Command {
  readonly link: Link
  readonly startedAt: number = performance.now()
  readonly exited: Promise<Exit>
  readonly #child: ChildProcess

  constructor(
    { program, args, env, cwd, stdout }: CommandOptions,
    receive: (message: ToSupervisor, handle?: object) => void,
  ) {
    const windows = process.platform === 'win32'
    const child = spawn(program, args, {
      cwd,
      env,
      stdio: ['inherit', stdout === 'stderr' ? 2 : 'inherit', 'inherit', 'ipc'],
      detached: !windows,
      // Commands of npm are scripts there.
      shell: windows && /\.(cmd|bat)$/i.test(program),
    })
    this.#child = child
    const send = (message: ToProcess, handle?: object): void => {
      if (!child.connected) return
      // Callback: without one, a channel that has just closed makes an 'error'. Whoever was sent on it then waits for the next.
      Reflect.apply(child.send, child, [tagged(message), handle, { keepOpen: true }, () => {}])
    }
    this.link = new Link(child.pid, send)
    // Under our name, messages are none of 'message': see tagged().
    child.on('internalMessage', (message: unknown, handle: unknown) => {
      const ours = untagged<ToSupervisor>(message)
      if (ours !== undefined) receive(ours, typeof handle === 'object' && handle !== null ? handle : undefined)
    })
    this.exited = new Promise((resolve) => {
      child.once('exit', (code, signal) => resolve({ code, signal }))
      // Also comes where a message or a signal cannot be sent; then the end is still to come.
      child.on('error', (error) => child.pid === undefined && resolve({ code: null, signal: null, error }))
    })
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  /** Sends a signal to the command alone. */
  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  /** Sends a signal to it and to all that it started. */
  signalAll(signal: NodeJS.Signals): void {
    if (process.platform === 'win32' || this.pid === undefined) {
      this.#child.kill(signal)
      return
    }
    try {
      process.kill(-this.pid, signal)
    } catch {
      // Nobody of them is left.
    }
  }
}
