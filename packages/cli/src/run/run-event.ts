import type { ListenAddress } from './run-options.ts'

/** Everything that happens, as `--json` prints it: one object a line, without functions and errors. */
export type RunEvent =
  /** An address is held. `address` has the real port. */
  | { readonly event: 'listening'; readonly address: ListenAddress }
  /** The status page is served. `address` has the real port; `url` is an URL, or the path of a unix socket. */
  | { readonly event: 'status'; readonly address: ListenAddress; readonly url: string }
  /** The command is started, for the so-manieth time. */
  | { readonly event: 'starting'; readonly pid: number; readonly start: number; readonly waiting: number }
  /** It accepts connections, `coldStart` ms after it was started. */
  | { readonly event: 'ready'; readonly pid: number; readonly coldStart: number; readonly waiting: number }
  /** It is idle, and has been let go: from now on connections wait for the next. */
  | { readonly event: 'idle'; readonly pid: number; readonly uptime: number; readonly connections: number }
  /** It ended with code 0. With `waiting` it is started again at once. */
  | { readonly event: 'ended'; readonly pid: number; readonly uptime: number; readonly waiting: number }
  /** It ended otherwise, or too early, or could not be started. `why` is a sentence. */
  | {
      readonly event: 'crashed'
      readonly pid: number | undefined
      readonly code: number | null
      readonly signal: string | null
      readonly why: string
      readonly failures: number
      readonly waiting: number
    }
  /** It is started again for a connection that waits or arrives, after `delay` ms at the earliest. */
  | { readonly event: 'backoff'; readonly delay: number; readonly failures: number; readonly waiting: number }
  /** So many failures in a row: what waited was refused, and what arrives within `delay` ms is. The next connection after that tries again. */
  | {
      readonly event: 'gave-up'
      readonly failures: number
      readonly refused: number
      readonly why: string
      readonly delay: number
    }
  /** The queue is full: a connection was refused. Said once each time it fills. */
  | { readonly event: 'queue-full'; readonly maxQueue: number }
  /** The command did not end in time, and was killed. */
  | { readonly event: 'killed'; readonly pid: number; readonly signal: string; readonly why: string }
  /** Something about the command, or about this machine, is not as it should be. Each `hint` is a sentence, and is said once. */
  | { readonly event: 'hint'; readonly hint: string }
  /** The supervisor itself ends. */
  | { readonly event: 'stopping'; readonly signal: string; readonly waiting: number }
  | { readonly event: 'stopped' }

/** Passes events on, and each hint once. */
export function hintsOnce(onEvent: (event: RunEvent) => void): (event: RunEvent) => void {
  const said = new Set<string>()
  return (event) => {
    if (event.event === 'hint') {
      if (said.has(event.hint)) return
      said.add(event.hint)
    }
    onEvent(event)
  }
}
