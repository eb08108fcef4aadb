import { type ChildProcess, spawn } from 'node:child_process'
import { Socket } from 'node:net'
import process from 'node:process'
import { type ToProcess, type ToSupervisor, tagged } from '../../protocol/messages.ts'
import { fromProcess } from '../../protocol/received.ts'
import { closeCopy } from '../../socket-handle.ts'
import { ProcessLink } from '../connections/process-link.ts'
import { guardChannel } from './guard-channel.ts'
import { ProcessGroup } from './process-group.ts'

/** The exit of a command. */
export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** Set if the command could not be started. */
  readonly error?: Error
}

/** The program, and how it is started. */
export interface CommandOptions {
  readonly program: string
  readonly args: readonly string[]
  readonly env: NodeJS.ProcessEnv
  /** Default: the working directory of the supervisor. */
  readonly cwd?: string | undefined
  readonly stdout: 'inherit' | 'stderr'
}

/**
 * The running command. It leads a process group of its own (not on Windows), so that it is ended with all that it
 * started.
 */
export class Command {
  readonly link: ProcessLink
  readonly startedAt: number = performance.now()
  /** Resolves when the command has ended, or could not be started. Never rejects. */
  readonly exited: Promise<Exit>
  readonly #child: ChildProcess | undefined

  constructor(options: CommandOptions, receive: (message: ToSupervisor, handle?: object) => void) {
    const started = start(options)
    if (started instanceof Error) {
      this.link = new ProcessLink(undefined, () => {})
      this.exited = Promise.resolve({ code: null, signal: null, error: started })
      return
    }
    const child = started
    this.#child = child
    const send = (message: ToProcess, handle?: object): void => {
      if (!child.connected) return
      // Without a callback, a channel that has just closed emits 'error'. A connection sent on it then waits for the
      // next process.
      Reflect.apply(child.send, child, [tagged(message), handle, { keepOpen: true }, () => {}])
    }
    this.link = new ProcessLink(child.pid, send)
    // Messages under the name of this package are not emitted as 'message': see tagged().
    child.on('internalMessage', (message: unknown, handle: unknown) => {
      const ours = fromProcess(message)
      if (ours === undefined) return
      const connection = isConnection(handle) ? handle : undefined
      // A handle that a program sent for its own reasons would stay open here.
      if (ours.type !== 'return-socket' || connection === undefined) closeCopy(handle)
      receive(ours, connection)
    })
    child.on('message', (_message: unknown, handle: unknown) => closeCopy(handle))
    guardChannel(child, () => child.connected && child.disconnect())
    this.exited = new Promise((resolve) => {
      child.once('exit', (code, signal) => resolve({ code, signal }))
      // Also emitted when a message or a signal cannot be sent. In that case 'exit' follows.
      child.on('error', (error) => child.pid === undefined && resolve({ code: null, signal: null, error }))
    })
  }

  get pid(): number | undefined {
    return this.#child?.pid
  }

  /** Sends a signal to the command alone. */
  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal)
  }

  /** Sends a signal to the command and to all that it started. */
  signalAll(signal: NodeJS.Signals): void {
    if (this.#group?.signal(signal) !== true) this.#child?.kill(signal)
  }

  /** Ends what the command has left behind after its own end: see {@link ProcessGroup.end}. */
  async endRest(endThemselves: Iterable<number>, patience: number): Promise<void> {
    await this.#group?.end(endThemselves, patience)
  }

  get #group(): ProcessGroup | undefined {
    return this.pid === undefined ? undefined : new ProcessGroup(this.pid)
  }
}

/**
 * Starts the program. Node throws some errors of a start (`ENOTDIR`, `E2BIG`) and emits others later (`ENOENT`,
 * `EAGAIN`).
 */
function start({ program, args, env, cwd, stdout }: CommandOptions): ChildProcess | Error {
  const windows = process.platform === 'win32'
  try {
    return spawn(program, args, {
      cwd,
      env,
      stdio: ['inherit', stdout === 'stderr' ? 2 : 'inherit', 'inherit', 'ipc'],
      detached: !windows,
      // The commands of npm are scripts on Windows.
      shell: windows && /\.(cmd|bat)$/i.test(program),
    })
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}

/** Reports whether a value is a socket or its handle. Node passes on either, and also servers and datagram sockets. */
function isConnection(handle: unknown): handle is object {
  return handle instanceof Socket || typeof Reflect.get(Object(handle), 'readStart') === 'function'
}
