import type { Server } from 'node:net'
import { type Host, overlap, reach } from './host.ts'

/**
 * Why a server takes a place, the best reason last: it is the only one that is held; its name is the server's protocol; its
 * port is the server's, on this machine; port, path or descriptor are the server's, or its name is that.
 */
export const RANK = { only: 0, protocol: 1, near: 2, exact: 3 } as const
export type Rank = (typeof RANK)[keyof typeof RANK]

/** A server that takes connections of a place. */
export interface Taker {
  readonly server: Server
  readonly host: Host
  readonly rank: Rank
}

/** The servers of this process that take connections of one place. */
export class Takers {
  /** Those that have begun to listen, and are about to take the place. */
  readonly #begun = new Set<Taker>()
  #open: readonly Taker[] = []

  /** How good the best reason of those is that take it. `undefined`: there are none. */
  get rank(): Rank | undefined {
    let best: Rank | undefined
    for (const { rank } of this.#open) if (best === undefined || rank > best) best = rank
    return best
  }

  /** Reports whether a server has begun to listen here. */
  get wanted(): boolean {
    return this.#begun.size > 0
  }

  /** Reports whether a server listens here already that leaves no room for one on `host`. */
  conflicts(host: Host): boolean {
    return [...this.#begun].some((one) => one.rank === RANK.exact && overlap(one.host, host))
  }

  /** A server has begun to listen. */
  begin(taker: Taker): void {
    this.#begun.add(taker)
  }

  /** The server takes connections from now on. Returns those that lose the place to it. */
  open(taker: Taker): readonly Taker[] {
    const better = taker.rank >= RANK.near
    const lost = better ? this.#open.filter(({ rank }) => rank < RANK.near) : []
    for (const one of lost) this.#begun.delete(one)
    if (better || (this.rank ?? RANK.only) < RANK.near)
      this.#open = [...this.#open.filter((one) => !lost.includes(one)), taker]
    return lost
  }

  /** The server takes nothing more. */
  leave(taker: Taker): void {
    this.#begun.delete(taker)
    this.#open = this.#open.filter((one) => one !== taker)
  }

  /**
   * Returns the server for a client that connected to the address `local`. `undefined` if each is one that such a client could
   * not reach without us, such as a server on 127.0.0.1 for a client of another machine.
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
