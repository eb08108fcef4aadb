import { type ChildProcess, spawn } from 'node:child_process'
import process from 'node:process'

/**
 * Reads the group of the command that runs, or 0, and how many seconds it has: a line each time. The end of the input is the end of the
 * supervisor. The group that ran then is left its time, sent SIGTERM, left its time again, and sent SIGKILL.
 */
const SCRIPT = `pgid=0
while read -r a b c; do pgid=$a term=$b kill=$c; done
[ "$pgid" -gt 0 ] || exit
left() { n=$1; while kill -0 "-$pgid" 2>/dev/null; do [ "$n" -gt 0 ] || return; n=$((n - 1)); sleep 1; done; exit; }
left "$term"; kill -TERM "-$pgid"; left "$kill"; kill -KILL "-$pgid"`

/** How long (ms) a command may live on after its supervisor: until SIGTERM, and from there until SIGKILL. */
export interface Respite {
  readonly untilTerm: number
  readonly untilKill: number
}

/**
 * A small process beside the supervisor, which ends the command and all that it started if the supervisor is killed. Without it they
 * would live on, and hold their port. There is none on Windows, and none if the system has no `sh`.
 */
export class Watcher {
  #child: ChildProcess | undefined

  /** Starts the process if it does not run. */
  begin(): void {
    if (
      process.platform === 'win32' ||
      (this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null)
    )
      return
    try {
      this.#child = spawn('sh', ['-c', SCRIPT, 'idle-shutdown-watcher'], {
        // A group of its own: a signal to that of the supervisor does not end it.
        detached: true,
        stdio: ['pipe', 'ignore', 'ignore'],
        cwd: '/',
        env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin' },
      })
    } catch {
      // As without a shell.
      return
    }
    this.#child.on('error', () => {})
    this.#child.stdin?.on('error', () => {})
    this.#child.unref()
  }

  /** Watches over the group that the process `pid` leads. */
  watch(pid: number, { untilTerm, untilKill }: Respite): void {
    this.#say(pid, seconds(untilTerm), seconds(untilKill))
  }

  /** The command has ended. */
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

/** Seven days stand for ever. */
function seconds(ms: number): number {
  return Math.min(Math.ceil(ms / 1000), 604_800)
}
