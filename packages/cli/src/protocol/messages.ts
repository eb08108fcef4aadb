/** The environment variable {@link HELD} of each process that a supervisor starts, as JSON. */
export interface Held {
  /** The supervisor's process id. A process with this parent has an IPC channel to the supervisor. */
  readonly supervisor: number
  /**
   * The folder of the private sockets and of the marks of served addresses. Only the supervisor's user can enter the
   * folder.
   */
  readonly directory: string
  /** The path of the control socket, for processes that are not the supervisor's own children. */
  readonly control: string
  readonly addresses: readonly HeldAddress[]
}

/** An address as `server.address()` returns it. */
export type HeldAddress =
  | { readonly port: number; readonly address: string; readonly family: string }
  | { readonly path: string }

/** The name of the environment variable that carries {@link Held}. */
export const HELD = 'IDLE_SHUTDOWN_HELD'

/** The messages of a process to its supervisor. `listen` is the index of an address. */
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
  /** The process is about to listen on a path that no longer exists. */
  | { readonly type: 'restore'; readonly listen: number }
  /** A server of the process has the socket that was sent. The supervisor closes its copy. */
  | { readonly type: 'ack'; readonly id: number }
  /** No server of the process takes the connection. */
  | { readonly type: 'refuse'; readonly id: number }
  /** The process is idle and asks whether it may end. It waits for the answer without a limit. */
  | { readonly type: 'quiet' }
  /** The answer to `look`: the process is still idle. If it is not, it sends `resume`. */
  | { readonly type: 'sure'; readonly round: number }
  /** The process is not idle any more, and does not end. */
  | { readonly type: 'resume' }
  /** The process ends, and accepts no more connections. */
  | { readonly type: 'ending' }
  /**
   * The process gives back an idle connection, with its socket. Its server would close the connection after `keepAlive`
   * ms, or never if that is 0.
   */
  | { readonly type: 'kept'; readonly listen: number; readonly key: number; readonly keepAlive: number }
  /** A piped connection is idle. The supervisor reads nothing more of the client, and answers with `parked`. */
  | { readonly type: 'park'; readonly id: number }
  /**
   * A parked connection is idle, and the process has read all piped bytes. `bytes` is the number of bytes that the
   * process has written in all. When the supervisor has read them, it closes the process's side and keeps the client.
   */
  | { readonly type: 'left'; readonly id: number; readonly bytes: number; readonly keepAlive: number }
  /** A message has begun on a parked connection. The process answers the message, so the supervisor pipes again. */
  | { readonly type: 'unpark'; readonly id: number }
  /** The process has closed everything. */
  | { readonly type: 'closed' }
  | {
      readonly type: 'idleness'
      readonly active: number
      readonly deadline: number | undefined
      /** `null` means Infinity, which JSON does not have. */
      readonly patience: number | null
      readonly reasons: readonly string[]
    }

/** The messages of a supervisor to a process. */
export type ToProcess =
  /**
   * A connection, with its socket. `head` is what was already read of it, in base64. `kept`: a process gave the
   * connection back.
   */
  | {
      readonly type: 'socket'
      readonly id: number
      readonly listen: number
      readonly head?: string
      readonly kept?: boolean
    }
  /** The process may end. Every socket that was sent to it arrives before this message. */
  | { readonly type: 'go' }
  /** All processes of the command have asked to end. Is this one still idle? `round` is the number of the question. */
  | { readonly type: 'look'; readonly round: number }
  /** A connection arrived while the process was about to end. The process goes on, unless it has already decided. */
  | { readonly type: 'wanted' }
  /** A connection that the process gave back has arrived. */
  | { readonly type: 'taken'; readonly key: number }
  /**
   * Nothing more is piped to this connection until the process sends `left` or `unpark`. `bytes` is the number of bytes
   * piped in all.
   */
  | { readonly type: 'parked'; readonly id: number; readonly bytes: number }
  /** The supervisor has tried to bind the path again. */
  | { readonly type: 'restored'; readonly listen: number }
  /** The supervisor asks how idle the process is. */
  | { readonly type: 'ask' }

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
