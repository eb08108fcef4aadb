import type { Reference } from './reference.ts'
import type { ConnectionReference, RequestReference } from './reference-connection.ts'
import type { ServerReference } from './reference-server.ts'
import type { System } from './system.ts'

/** An event that can happen to the reference and to the system alike. */
export interface Happening {
  readonly name: string
  /** Returns the possible targets in the reference now. Without one, it cannot happen. */
  targets(reference: Reference): readonly Occurrence[]
}

/** A happening with one target. Makes it happen in both. */
export interface Occurrence {
  readonly target: string
  happens(reference: Reference, system: System): void
}

/** Returns a happening without a target. */
export function event(
  name: string,
  happens: Occurrence['happens'],
  possible?: (reference: Reference) => boolean,
): Happening {
  return { name, targets: (reference) => (possible?.(reference) === false ? [] : [{ target: '', happens }]) }
}

/** Returns a happening whose targets are things of one kind. */
export function happening<T extends { toString(): string }>(
  name: string,
  targets: (reference: Reference) => readonly T[],
  happens: (target: T, reference: Reference, system: System) => void,
): Happening {
  return {
    name,
    targets: (reference) =>
      targets(reference).map((target) => ({
        target: ` ${target}`,
        happens: (reference, system) => happens(target, reference, system),
      })),
  }
}

/** Returns a happening to a server, possible until the end. */
export function toServer(
  name: string,
  possible: (server: ServerReference) => boolean,
  happens: (server: ServerReference, reference: Reference, system: System) => void,
): Happening {
  return happening(name, ({ ended, servers }) => (ended ? [] : servers.filter(possible)), happens)
}

/** Returns a happening to a connection, possible until the end. */
export function toConnection(
  name: string,
  possible: (connection: ConnectionReference) => boolean,
  happens: (connection: ConnectionReference, reference: Reference, system: System) => void,
): Happening {
  return happening(name, ({ ended, connections }) => (ended ? [] : connections.filter(possible)), happens)
}

/** Returns a happening to a request in progress, possible until the end. */
export function toRequest(
  name: string,
  possible: (request: RequestReference) => boolean,
  happens: (request: RequestReference, reference: Reference, system: System) => void,
): Happening {
  return happening(name, ({ ended, requests }) => (ended ? [] : requests.filter(possible)), happens)
}
