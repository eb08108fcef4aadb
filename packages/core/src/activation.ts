import type { AnyServer } from './server.ts'

/** The link from a server to `@idle-shutdown/activation`. */
export interface Activation {
  /** The name of the service that starts the process again after an idle end. */
  readonly startedAgainBy: string
  /** Called when the end is decided. The drain takes at most `grace` (ms). */
  draining(grace: number): void
}

/** The activations by server. Kept here, so that neither package needs the other one. */
export const activations: WeakMap<AnyServer, Activation> = new WeakMap()
