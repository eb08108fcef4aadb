import type { AnyServer } from './server.ts'

/** What `@idle-shutdown/activation` knows of a server, and is told of it. */
export interface Activation {
  /** What starts the process again after an idle end. */
  readonly startedAgainBy: string
  /** The end is decided, and the drain takes no longer than `grace` (ms). */
  draining(grace: number): void
}

/** Kept here, so that neither package needs the other one. */
export const activations: WeakMap<AnyServer, Activation> = new WeakMap()
