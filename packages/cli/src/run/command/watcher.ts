import { type ChildProcess, spawn } from 'node:child_process'
import process from 'node:process'

/**
 * A shell script that reads lines: the process group of the running command or 0, then the seconds until SIGTERM and
 * until SIGKILL. The input ends when the supervisor does. The script then waits, sends SIGTERM to the last group, waits
 * again, and sends SIGKILL.
 */
const SCRIPT = `pgid=0
while read -r a b c; do pgid=$a term=$b kill=$c; done
[ "$pgid" -gt 0 ] || exit
left() { n=$1; while kill -0 "-$pgid" 2>/dev/null; do [ "$n" -gt 0 ] || return; n=$((n - 1)); sleep 1; done; exit; }
left "$term"; kill -TERM "-$pgid"; left "$kill"; kill -KILL "-$pgid"`

/** The time (ms) for which a command may outlive its supervisor: until SIGTERM, and from there until SIGKILL. */
export interface ExitDelays {
  readonly untilTerm: number
  readonly untilKill: number
}

/**
 * A small process beside the supervisor that ends the command and all that it started if the supervisor is killed.
 * Without it they would go on running and hold their port. There is none on Windows, and none if the system has no
 * `sh`.
 */
export class Watcher {
  #child: ChildProcess | undefined

  /** Starts the process unless it is running. */
  begin(): void {
    if (
      process.platform === 'win32' ||
      (this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null)
    )
      return
    try {
      this.#child = spawn('sh', ['-c', SCRIPT, 'idle-shutdown-watcher'], {
        // In a process group of its own, so that a signal to the supervisor's group does not end it.
        detached: true,
        stdio: ['pipe', 'ignore', 'ignore'],
        cwd: '/',
        env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin' },
      })
    } catch {
      // Goes on without a watcher, as on a system without `sh`.
      return
    }
    this.#child.on('error', () => {})
    this.#child.stdin?.on('error', () => {})
    this.#child.unref()
  }

  /** Watches the group that the process `pid` leads. */
  watch(pid: number, { untilTerm, untilKill }: ExitDelays): void {
    this.#say(pid, seconds(untilTerm), seconds(untilKill))
  }

  /** Notes that the command has ended. */
  release(): void {
    this.#say(0, 0, 0)
  }

  /** Ends the process. */
  close(): void {
    this.release()
    this.#child?.stdin?.end()
  }

  #say(...line: readonly number[]): void {
    if (this.#child?.stdin?.writable) this.#child.stdin.write(`${line.join(' ')}\n`)
  }
}

/** Returns whole seconds. Seven days stand for any longer time. */
function seconds(ms: number): number {
  return Math.min(Math.ceil(ms / 1000), 604_800)
}
