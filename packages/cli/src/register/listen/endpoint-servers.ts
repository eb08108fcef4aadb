import type { Server } from 'node:net'
import { type Host, overlap, reach } from './host.ts'

/**
 * The reason why a server takes an endpoint, the best one last.
 *
 * `only`: the endpoint is the only one that is held. `protocol`: the name of the endpoint is the server's protocol. `near`:
 * the port is the server's, on this machine. `exact`: the port, path or descriptor is the server's, or the name of the
 * endpoint is its port or path.
 */
export const RANK = { only: 0, protocol: 1, near: 2, exact: 3 } as const
export type Rank = (typeof RANK)[keyof typeof RANK]

/** A server that takes connections of an endpoint. */
export interface EndpointServer {
  readonly server: Server
  readonly host: Host
  readonly rank: Rank
}

/** The servers of this process that take connections of one endpoint. */
export class EndpointServers {
  /** The servers that have begun to listen, and take the endpoint or are about to. */
  readonly #begun = new Set<EndpointServer>()
  #open: readonly EndpointServer[] = []

  /** Returns the best rank of the servers that take the endpoint, or `undefined` if there are none. */
  get rank(): Rank | undefined {
    let best: Rank | undefined
    for (const { rank } of this.#open) if (best === undefined || rank > best) best = rank
    return best
  }

  /** Reports whether a server has begun to listen here. */
  get wanted(): boolean {
    return this.#begun.size > 0
  }

  /** Reports whether a server that already listens here excludes one on `host`. */
  conflicts(host: Host): boolean {
    return [...this.#begun].some((one) => one.rank === RANK.exact && overlap(one.host, host))
  }

  /** Notes that a server has begun to listen. */
  begin(entry: EndpointServer): void {
    this.#begun.add(entry)
  }

  /** Lets the server take connections from now on. Returns the servers that lose the endpoint to it. */
  open(entry: EndpointServer): readonly EndpointServer[] {
    const better = entry.rank >= RANK.near
    const lost = better ? this.#open.filter(({ rank }) => rank < RANK.near) : []
    for (const one of lost) this.#begun.delete(one)
    if (better || (this.rank ?? RANK.only) < RANK.near)
      this.#open = [...this.#open.filter((one) => !lost.includes(one)), entry]
    return lost
  }

  /** Removes a server, which takes no more connections. */
  leave(entry: EndpointServer): void {
    this.#begun.delete(entry)
    this.#open = this.#open.filter((one) => one !== entry)
  }

  /**
   * Returns the server for a client that connected to the address `local`.
   *
   * Returns `undefined` if the client could reach none of the servers without this package. An example is a server on
   * 127.0.0.1 and a client of another machine.
   */
  choose(local: string | undefined): Server | undefined {
    let best: { readonly server: Server; readonly value: number } | undefined
    for (const { server, host, rank } of this.#open) {
      const value = reach(host, local)
      if (value < 0) continue
      if (best === undefined || value + 4 * rank > best.value) best = { server, value: value + 4 * rank }
    }
    return best?.server
  }
}
