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
  /** It accepts what comes to this address: on `path`, or else as sockets over the IPC channel. */
  | { readonly type: 'claim'; readonly listen: number; readonly pid: number; readonly path?: string }
  | { readonly type: 'release'; readonly listen: number }
  /** A socket that was sent has a server now: the supervisor's copy is needed no more. */
  | { readonly type: 'ack'; readonly id: number }
  /** Nobody serves it here any more. */
  | { readonly type: 'refuse'; readonly id: number }
  /** It is idle. May it end? */
  | { readonly type: 'quiet' }
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
      readonly patience: number
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
  /** Somebody came while it was about to end. If it has not decided yet, it goes on. */
  | { readonly type: 'wanted' }
  /** A connection that was given back has arrived. */
  | { readonly type: 'taken'; readonly key: number }
  /** Nothing more is piped to this connection until the process has said `left` or `unpark`. So many bytes were, in all. */
  | { readonly type: 'parked'; readonly id: number; readonly bytes: number }
  /** How idle is it? */
  | { readonly type: 'ask' }

const TAG = 'idle-shutdown'

/** A message under our name: the channel may carry others. */
export type Tagged<T> = { readonly [TAG]: T }

export function tagged<T>(message: T): Tagged<T> {
  return { [TAG]: message }
}

/** What a message from the other side is, if it is one of ours. The two sides are of one version, so its shape is not checked. */
export function untagged<T extends ToSupervisor | ToProcess>(message: unknown): T | undefined {
  return typeof message === 'object' && message !== null && TAG in message ? (message[TAG] as T) : undefined
}

/** Calls back with each line of a stream of text, without its end. */
export function lines(callback: (line: string) => void): (text: string) => void {
  let rest = ''
  return (text) => {
    const parts = (rest + text).split('\n')
    rest = parts.pop() ?? ''
    for (const part of parts) callback(part)
  }
}
