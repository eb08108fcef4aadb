import { readdirSync, readFileSync } from 'node:fs'
import process from 'node:process'
import { setTimeout as pass } from 'node:timers/promises'

/** The interval (ms) of the checks for remaining processes. There is no event for it. */
const LOOK_AGAIN = 20

/** The time (ms) that the kernel gets to end killed processes. */
const KILLED = 1000

/** The places of fields in the status of a process (proc_pid_stat(5), counted from the state). */
const [STATE, GROUP, THREADS] = [0, 2, 17]

/** A command with all that it started, except what has left its process group. On Windows, the command alone. */
export class ProcessGroup {
  readonly #leader: number

  constructor(leader: number) {
    this.#leader = leader
  }

  /** Sends a signal to all of them. Reports whether there is any. */
  signal(signal: NodeJS.Signals | 0): boolean {
    if (process.platform === 'win32') return false
    try {
      return process.kill(-this.#leader, signal)
    } catch {
      // No process of the group is left.
      return false
    }
  }

  /**
   * Ends what the command has left behind. Waits for processes that end by themselves, then sends SIGTERM, then
   * SIGKILL, each after `patience` ms. Resolves when nothing is left.
   */
  async end(endThemselves: Iterable<number>, patience: number): Promise<void> {
    if (!this.signal(0)) return
    const pids = [...endThemselves]
    await until(() => !pids.some(isRunning), patience)
    this.signal('SIGTERM')
    if (await until(() => !this.#isRunning, patience)) return
    this.signal('SIGKILL')
    await until(() => !this.#isRunning, KILLED)
  }

  get #isRunning(): boolean {
    if (!this.signal(0)) return false
    // An orphan that has ended stays in its group until init has reaped it, and not every container has an init.
    if (process.platform !== 'linux') return true
    return readdirSync('/proc').some((name) => {
      const status = /^\d+$/.test(name) ? statusOf(name) : []
      return Number(status[GROUP]) === this.#leader && !hasEnded(status)
    })
  }
}

/** Sends a signal to one process. Does nothing if the process has just ended. */
export function signalProcess(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return
  try {
    process.kill(pid, signal)
  } catch {
    // The process has just ended.
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch {
    return false
  }
  return process.platform !== 'linux' || !hasEnded(statusOf(String(pid)))
}

/**
 * Reports whether a process has ended. The kernel calls a process a zombie as soon as its first thread has ended. The
 * other threads of a killed process may end later on a busy machine, and until then its ports and files are open.
 */
function hasEnded(status: readonly string[]): boolean {
  return status[STATE] === 'X' || (status[STATE] === 'Z' && Number(status[THREADS]) < 2)
}

/**
 * Returns the fields of a process from its state on, or nothing if it is gone. The name before them is in brackets and
 * may contain anything.
 */
function statusOf(pid: string): readonly string[] {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return text.slice(text.lastIndexOf(')') + 2).split(' ')
  } catch {
    return []
  }
}

async function until(condition: () => boolean, patience: number): Promise<boolean> {
  const end = performance.now() + patience
  while (!condition()) {
    if (performance.now() > end) return false
    await pass(LOOK_AGAIN)
  }
  return true
}
