/**
 * The state of a process, as its supervisor sees it.
 *
 * | state | meaning | gets connections | may become |
 * | --- | --- | --- | --- |
 * | `running` | in use, or not idle for long enough | yes | exit-requested, draining, drained |
 * | `exit-requested` | idle, and waits for the answer to `exit-request` | no | exit-granted, exit-cancelling, running, draining, drained |
 * | `exit-granted` | may end | no | draining, exit-cancelling, exit-requested, running, drained |
 * | `exit-cancelling` | was asked to go on, and has not answered | no | running, draining, drained |
 * | `draining` | ends | no | drained |
 * | `drained` | has closed everything, or is gone | no | |
 *
 * A process that serves no held address has these states, too. A process that a signal ends becomes `drained` without
 * `draining`.
 */
export type ProcessState = 'running' | 'exit-requested' | 'exit-granted' | 'exit-cancelling' | 'draining' | 'drained'

/**
 * The messages of a process to its supervisor, in a table with those of {@link ToProcess}.
 *
 * A direct child has its IPC channel for them. Any other process has the control socket, with one line of JSON for each
 * message. `listen` is the index of a held address, and `id` is the supervisor's number of a connection.
 *
 * | message | sender | sent when | what may follow |
 * | --- | --- | --- | --- |
 * | `claim` | process | a server takes an address | `socket`, or connections on its `path` |
 * | `release` | process | the last server of an address closes | no connection to the address |
 * | `restore-path` | process | a server is about to listen on a removed path | `path-restored` |
 * | `path-restored` | supervisor | it has tried to bind the path again | `claim` |
 * | `socket` | supervisor | a client connects | `accepted`, `rejected`, or neither if the process has no descriptor |
 * | `accepted` | process | one of its servers has the socket | the supervisor closes its copy |
 * | `rejected` | process | no server takes the socket | the connection waits for another process |
 * | `exit-request` | process | it is idle | `exit-granted`, `exit-check` or `cancel-exit`, after any time |
 * | `exit-check` | supervisor | all processes have sent `exit-request` | `exit-confirmed` or `exit-cancelled` |
 * | `exit-confirmed` | process | it is still idle | `exit-granted`, once all have confirmed |
 * | `exit-granted` | supervisor | the process may end | `draining`, or `exit-cancelled` |
 * | `cancel-exit` | supervisor | a connection waits for a process that is about to end | `exit-cancelled` or `draining` |
 * | `exit-cancelled` | process | it is in use again | connections, then a new `exit-request` |
 * | `draining` | process | it ends, and accepts no more connections | `return-socket`, `park`, `drained` |
 * | `return-socket` | process | a connection is idle in a drain | `returned` |
 * | `returned` | supervisor | the returned connection has arrived | the process destroys its copy |
 * | `park` | process | a piped connection is idle in a drain | `parked` |
 * | `parked` | supervisor | it has stopped piping | `return-pipe` or `unpark` |
 * | `return-pipe` | process | the parked connection is still idle | the supervisor closes the process's side |
 * | `unpark` | process | a message has begun on the parked connection | the supervisor pipes again |
 * | `drained` | process | it has closed everything | its exit |
 * | `idleness-request` | supervisor | a status page is open | `idleness` |
 * | `idleness` | process | it was asked | |
 */
export type ToSupervisor =
  /**
   * The process accepts connections to this address: on `path`, or as sockets over the IPC channel if there is no path.
   * `rank` is how well its server fits the address. The supervisor passes connections to the processes of the best
   * rank.
   */
  | {
      readonly type: 'claim'
      readonly listen: number
      readonly pid: number
      readonly rank: number
      readonly path?: string
    }
  | { readonly type: 'release'; readonly listen: number }
  | { readonly type: 'restore-path'; readonly listen: number }
  | { readonly type: 'accepted'; readonly id: number }
  | { readonly type: 'rejected'; readonly id: number }
  | { readonly type: 'exit-request' }
  /** `round` is that of the `exit-check`. */
  | { readonly type: 'exit-confirmed'; readonly round: number }
  | { readonly type: 'exit-cancelled' }
  | { readonly type: 'draining' }
  /** Carries the socket. Its server would close the connection after `keepAlive` ms, or never if that is 0. */
  | { readonly type: 'return-socket'; readonly listen: number; readonly key: number; readonly keepAlive: number }
  | { readonly type: 'park'; readonly id: number }
  /**
   * The process has read all piped bytes. `bytes` is the number of bytes that it has written in all. When the
   * supervisor has read them, it closes the process's side and keeps the client.
   */
  | { readonly type: 'return-pipe'; readonly id: number; readonly bytes: number; readonly keepAlive: number }
  | { readonly type: 'unpark'; readonly id: number }
  | { readonly type: 'drained' }
  | {
      readonly type: 'idleness'
      readonly active: number
      readonly deadline: number | undefined
      /** `null` means Infinity, which JSON does not have. */
      readonly patience: number | null
      readonly reasons: readonly string[]
      /** The streams and upgraded sockets that are open and do not count. */
      readonly uncounted: readonly string[]
    }

/** The messages of a supervisor to a process: see the table of {@link ToSupervisor}. */
export type ToProcess =
  /**
   * Carries the socket of a connection. `head` is what was already read of it, in base64. `returned` is set if a
   * process has returned the connection before.
   */
  | {
      readonly type: 'socket'
      readonly id: number
      readonly listen: number
      readonly head?: string
      readonly returned?: boolean
    }
  /** Every socket that was sent to the process arrives before this message. */
  | { readonly type: 'exit-granted' }
  | { readonly type: 'exit-check'; readonly round: number }
  | { readonly type: 'cancel-exit' }
  | { readonly type: 'returned'; readonly key: number }
  /** `bytes` is the number of bytes piped in all. */
  | { readonly type: 'parked'; readonly id: number; readonly bytes: number }
  | { readonly type: 'path-restored'; readonly listen: number }
  | { readonly type: 'idleness-request' }

const TAG = 'idle-shutdown'

/** Node emits messages whose name begins with `NODE_` as 'internalMessage', and not as 'message' (Node 20-26). */
const INTERNAL = 'NODE_IDLE_SHUTDOWN'

/** A message under the name of this package, because the channel may carry other messages. */
export type Tagged<T> = { readonly cmd: typeof INTERNAL; readonly [TAG]: T }

export function tagged<T>(message: T): Tagged<T> {
  return { cmd: INTERNAL, [TAG]: message }
}

/**
 * Returns the content of a message that has the name of this package, unchecked. Returns `undefined` for other
 * messages.
 */
export function untagged(message: unknown): unknown {
  return typeof message === 'object' && message !== null ? Reflect.get(message, TAG) : undefined
}
