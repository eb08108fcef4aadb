/** A state of a connection, as {@link CONNECTION_STATES} documents it. */
export type ConnectionState = 'handshaking' | 'new' | 'active' | 'idle' | 'upgraded' | 'lingering' | 'closed'

/** One row of {@link CONNECTION_STATES}. */
export interface StateOfConnection {
  /** The condition in this state. */
  readonly means: string
  /** The states that may follow. */
  readonly next: readonly ConnectionState[]
  /**
   * Reports for each value of the option `activity` whether the connection itself counts, apart from its requests.
   *
   * A connection older than the watch of its server counts itself only on TLS and HTTP/2, once bytes have arrived. Node
   * does not show the requests in progress on it there.
   */
  readonly counts: { readonly connections: boolean; readonly requests: boolean }
  /** The effect of a drain on the connection. */
  readonly drain: string
}

/**
 * The states of a connection, modelled on `http.ConnState` of Go, which has neither `handshaking` nor `lingering`. A
 * connection is in one state, and `Connection.enter()` is the only function that changes the state.
 *
 * The code reads only the types of this table, so that a bundle does not contain the texts. Tests compare the code with
 * the table, and the diagram in docs/what-counts-as-idle.md is made of it.
 *
 * @see {@link https://pkg.go.dev/net/http#ConnState http.ConnState}
 */
export const CONNECTION_STATES: Readonly<Record<ConnectionState, StateOfConnection>> = {
  handshaking: {
    means: 'accepted, and the TLS handshake is not done',
    next: ['new', 'closed'],
    counts: { connections: true, requests: false },
    drain: 'is destroyed if the client sends nothing for a second',
  },
  new: {
    means: 'no complete request has arrived yet',
    next: ['active', 'idle', 'upgraded', 'closed'],
    counts: { connections: true, requests: false },
    drain: 'ends if the client sends nothing for a second, else waits for the request',
  },
  active: {
    means: 'a request or stream is not answered to its end, or the server is of net or tls',
    next: ['idle', 'upgraded', 'lingering', 'closed'],
    counts: { connections: false, requests: false },
    drain: 'announces the end to the client, and closes after the last answer; of net or tls: as upgraded',
  },
  idle: {
    means: 'kept alive, and nothing is in progress',
    next: ['active', 'upgraded', 'lingering', 'closed'],
    counts: { connections: false, requests: false },
    drain: 'ends after two turns of the event loop without a request; of HTTP/2: at once',
  },
  upgraded: {
    means: 'left HTTP as a WebSocket or tunnel, and counts as the option upgrades says',
    next: ['closed'],
    counts: { connections: false, requests: false },
    drain: 'is ended if it does not count or its program is preloaded, else left to the application until grace ends',
  },
  lingering: {
    means: 'the FIN is sent, and input is discarded until the client closes',
    next: ['closed'],
    counts: { connections: false, requests: false },
    drain: 'is destroyed if the client sends nothing for a second',
  },
  closed: {
    means: 'the socket has closed, or its server is no longer watched',
    next: [],
    counts: { connections: false, requests: false },
    drain: 'nothing is left to do',
  },
}
