import type { ListenAddress } from '../listen-address.ts'

/** All events, as `--json` prints them: one object a line, without functions and errors. */
export type RunEvent =
  /** An address is held. `address` has the real port. */
  | { readonly event: 'listening'; readonly address: ListenAddress }
  /** The status page is served. `address` has the real port. `url` is a URL, or the path of a unix socket. */
  | { readonly event: 'status'; readonly address: ListenAddress; readonly url: string }
  /** The command was started. `start` is the number of starts so far. */
  | { readonly event: 'starting'; readonly pid: number; readonly start: number; readonly waiting: number }
  /** The command accepts connections, `coldStart` ms after its start. */
  | { readonly event: 'ready'; readonly pid: number; readonly coldStart: number; readonly waiting: number }
  /** The command is idle and ends. From now on connections wait for the next one. */
  | { readonly event: 'idle'; readonly pid: number; readonly uptime: number; readonly connections: number }
  /** The command ended with code 0. It is started again at once if connections wait. */
  | { readonly event: 'ended'; readonly pid: number; readonly uptime: number; readonly waiting: number }
  /** The command ended with another code, or too early, or could not be started. `why` is a sentence. */
  | {
      readonly event: 'crashed'
      readonly pid: number | undefined
      readonly code: number | null
      readonly signal: string | null
      readonly why: string
      readonly failures: number
      readonly waiting: number
    }
  /** The command will be started again for a connection that waits or arrives, after `delay` ms at the earliest. */
  | { readonly event: 'backoff'; readonly delay: number; readonly failures: number; readonly waiting: number }
  /**
   * The command failed too often in a row. Waiting connections were refused, and those that arrive within `delay` ms
   * are refused, too. The next connection after that starts the command again.
   */
  | {
      readonly event: 'gave-up'
      readonly failures: number
      readonly refused: number
      readonly why: string
      readonly delay: number
    }
  /** The queue is full, and a connection was refused. Emitted once each time the queue fills. */
  | { readonly event: 'queue-full'; readonly maxQueue: number }
  /** The command did not end in time, and was killed. */
  | { readonly event: 'killed'; readonly pid: number; readonly signal: string; readonly why: string }
  /**
   * Something about the command, or about this machine, is not as it should be. `hint` is a sentence. Each is emitted
   * once.
   */
  | { readonly event: 'hint'; readonly hint: string }
  /** The supervisor itself ends. */
  | { readonly event: 'stopping'; readonly signal: string; readonly waiting: number }
  | { readonly event: 'stopped' }

/** Returns a listener that passes events on, and each hint once. */
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
