import type { Connection } from '../connection/connection.ts'
import { Arriving } from '../connection/node-internals.ts'
import { MOST_REASONS, type Reason } from '../tracker/explanation.ts'
import type { ObservedServers } from '../tracker/idle-tracker.ts'
import { type AnyServer, activations } from './server.ts'
import { ServerWatch, type Shutdown } from './server-watch.ts'

/** The servers that one shutdown watches, as its tracker and its drain see them. */
export class ServerGroup implements ObservedServers {
  readonly #watches = new Map<AnyServer, ServerWatch>();

  [Symbol.iterator](): Iterator<ServerWatch> {
    return this.#watches.values()
  }

  /** Reports whether every server has closed. */
  get isClosed(): boolean {
    return [...this].every(({ hasClosed }) => hasClosed)
  }

  /** Starts to watch a server. A server that is watched already has one more reference. */
  watch(server: AnyServer, shutdown: Shutdown): ServerWatch {
    const known = this.#watches.get(server)
    if (known !== undefined) {
      known.references++
      return known
    }
    const watch = new ServerWatch(server, shutdown)
    this.#watches.set(server, watch)
    watch.attach()
    return watch
  }

  /** Stops watching a server. */
  remove(watch: ServerWatch): void {
    watch.detach()
    this.#watches.delete(watch.server)
  }

  has(watch: ServerWatch): boolean {
    return this.#watches.get(watch.server) === watch
  }

  get startedAgainBy(): string | undefined {
    const names = [...this].flatMap(({ server }) => activations.get(server)?.startedAgainBy ?? [])
    return [...new Set(names)].join(', ') || undefined
  }

  arrivals(): number {
    let sum = 0
    for (const { arrivals } of this) sum += arrivals
    for (const { requestBytes } of this.#connections()) sum += requestBytes
    return sum
  }

  mark(): void {
    for (const connection of this.#connections()) connection.recordBytes()
  }

  headBegun(): boolean {
    const arriving = new Arriving()
    return this.#count((connection) => connection.hasPartialHead(arriving)) > 0
  }

  trafficMoved(): boolean {
    return this.#count((connection) => connection.trafficMoved()) > 0
  }

  explain(reasons: Reason[], uncounted: Reason[]): void {
    for (const connection of this.#connections()) {
      if (reasons.length < MOST_REASONS || uncounted.length < MOST_REASONS) connection.explain(reasons, uncounted)
    }
  }

  /** Counts the connections that pass a test. Tests all of them, since a test may remember what it has seen. */
  #count(test: (connection: Connection) => boolean): number {
    return [...this.#connections()].filter(test).length
  }

  *#connections(): Iterable<Connection> {
    for (const { connections } of this) yield* connections
  }
}
