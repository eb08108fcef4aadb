import type { Reference } from './reference.ts'
import type { ConnectionReference, RequestReference } from './reference-connection.ts'
import type { ServerReference } from './reference-server.ts'
import type { System } from './system.ts'

/** Something that can happen, to the reference and to the system alike. */
export interface Happening {
  readonly name: string
  /** What it can happen to now, in the reference. Nothing to do where there is none. */
  targets(reference: Reference): readonly Occurrence[]
}

/** A happening to one target: makes it so in both. */
export interface Occurrence {
  readonly target: string
  happens(reference: Reference, system: System): void
}

/** What happens as such, to nothing in particular. */
export function event(
  name: string,
  happens: Occurrence['happens'],
  possible?: (reference: Reference) => boolean,
): Happening {
  return { name, targets: (reference) => (possible?.(reference) === false ? [] : [{ target: '', happens }]) }
}

/** What happens to one of several things. */
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

/** What happens to a server, until the end. */
export function toServer(
  name: string,
  possible: (server: ServerReference) => boolean,
  happens: (server: ServerReference, reference: Reference, system: System) => void,
): Happening {
  return happening(name, ({ ended, servers }) => (ended ? [] : servers.filter(possible)), happens)
}

/** What happens to a connection, until the end. */
export function toConnection(
  name: string,
  possible: (connection: ConnectionReference) => boolean,
  happens: (connection: ConnectionReference, reference: Reference, system: System) => void,
): Happening {
  return happening(name, ({ ended, connections }) => (ended ? [] : connections.filter(possible)), happens)
}

/** What happens to a request in progress, until the end. */
export function toRequest(
  name: string,
  possible: (request: RequestReference) => boolean,
  happens: (request: RequestReference, reference: Reference, system: System) => void,
): Happening {
  return happening(name, ({ ended, requests }) => (ended ? [] : requests.filter(possible)), happens)
}
