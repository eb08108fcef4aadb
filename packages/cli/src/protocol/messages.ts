/** What a supervisor tells the processes that it starts, as JSON in the environment variable {@link HELD}. */
export interface Held {
  /** The supervisor's process id: a process whose parent it is has an IPC channel to it. */
  readonly supervisor: number
  /** Where private sockets are made, and what is claimed is marked. Only its user can enter it. */
  readonly directory: string
  /** Where a process that is not the supervisor's own child reaches it. */
  readonly control: string
  readonly addresses: readonly HeldAddress[]
}

/** An address as `server.address()` shows it. */
export type HeldAddress =
  | { readonly port: number; readonly address: string; readonly family: string }
  | { readonly path: string }

/** The environment variable that carries {@link Held}. */
export const HELD = 'IDLE_SHUTDOWN_HELD'

/** What a process says to its supervisor. `listen` is the index of an address. */
export type ToSupervisor =
  /**
   * It accepts what comes to this address: on `path`, or else as sockets over the IPC channel. `rank`: how well its server fits;
   * of several processes, the best one is given it.
   */
  | {
      readonly type: 'claim'
      readonly listen: number
      readonly pid: number
      readonly rank: number
      readonly path?: string
    }
  | { readonly type: 'release'; readonly listen: number }
  /** It is about to listen on a path that is not there any more. */
  | { readonly type: 'restore'; readonly listen: number }
  /** A socket that was sent has a server now: the supervisor's copy is needed no more. */
  | { readonly type: 'ack'; readonly id: number }
  /** Nobody serves it here any more. */
  | { readonly type: 'refuse'; readonly id: number }
  /** It is idle. May it end? Without an answer it waits, however long. */
  | { readonly type: 'quiet' }
  /** The answer to `look`: it is still idle. Otherwise it says `resume`. */
  | { readonly type: 'sure'; readonly round: number }
  /** It goes on. */
  | { readonly type: 'resume' }
  /** It ends: nothing that comes now is accepted. */
  | { readonly type: 'ending' }
  /** An idle connection is given back, with its socket. Its server would close it after `keepAlive` ms; 0: never. */
  | { readonly type: 'kept'; readonly listen: number; readonly key: number; readonly keepAlive: number }
  /** A connection that is piped here is idle. The supervisor is to read nothing more of its client, and to say `parked`. */
  | { readonly type: 'park'; readonly id: number }
  /**
   * A parked connection is idle, and all that was piped has been read. The process has written so many bytes, in all: when the
   * supervisor has read them, it closes the process's side, and keeps the client.
   */
  | { readonly type: 'left'; readonly id: number; readonly bytes: number; readonly keepAlive: number }
  /** A message has begun on a parked connection. It is answered here: the supervisor pipes on. */
  | { readonly type: 'unpark'; readonly id: number }
  /** Everything is closed. */
  | { readonly type: 'closed' }
  | {
      readonly type: 'idleness'
      readonly active: number
      readonly deadline: number | undefined
      /** `null` for Infinity, which JSON has not. */
      readonly patience: number | null
      readonly reasons: readonly string[]
    }

/** What a supervisor says. */
export type ToProcess =
  /** A connection, with its socket. `head`: what was read of it already, in base64. `kept`: a process gave it back. */
  | {
      readonly type: 'socket'
      readonly id: number
      readonly listen: number
      readonly head?: string
      readonly kept?: boolean
    }
  /** It may end: whatever was sent to it is ahead of this. */
  | { readonly type: 'go' }
  /** All processes of the command have asked. Is it still idle? `round` tells this question from an earlier one. */
  | { readonly type: 'look'; readonly round: number }
  /** Somebody came while it was about to end. If it has not decided yet, it goes on. */
  | { readonly type: 'wanted' }
  /** A connection that was given back has arrived. */
  | { readonly type: 'taken'; readonly key: number }
  /** Nothing more is piped to this connection until the process has said `left` or `unpark`. So many bytes were, in all. */
  | { readonly type: 'parked'; readonly id: number; readonly bytes: number }
  /** The path is there again, if it could be bound. */
  | { readonly type: 'restored'; readonly listen: number }
  /** How idle is it? */
  | { readonly type: 'ask' }

const TAG = 'idle-shutdown'

/** Node gives messages of such a name to none of a program's own listeners of 'message' (20 to 26). */
const INTERNAL = 'NODE_IDLE_SHUTDOWN'

/** A message under our name: the channel may carry others. */
export type Tagged<T> = { readonly cmd: typeof INTERNAL; readonly [TAG]: T }

export function tagged<T>(message: T): Tagged<T> {
  return { cmd: INTERNAL, [TAG]: message }
}

/** Returns what is under our name in a message, whatever it is; `undefined` for a message of others. */
export function untagged(message: unknown): unknown {
  return typeof message === 'object' && message !== null ? Reflect.get(message, TAG) : undefined
}
