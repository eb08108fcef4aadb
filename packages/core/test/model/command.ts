import type { Model } from './model.ts'
import type { ModelConnection, ModelRequest, ModelServer } from './model-server.ts'
import type { Real } from './real.ts'

/** A kind of command that runs on the model and on the real shutdown alike. */
export interface Command {
  readonly name: string
  /** Returns the possible targets in the model now. The command cannot run if there is none. */
  targets(model: Model): readonly TargetedCommand[]
}

/** A command with its target. Runs on both. */
export interface TargetedCommand {
  readonly target: string
  run(model: Model, real: Real): void
}

/** Returns a command without a target. */
export function event(name: string, run: TargetedCommand['run'], possible?: (model: Model) => boolean): Command {
  return { name, targets: (model) => (possible?.(model) === false ? [] : [{ target: '', run }]) }
}

/** Returns a command whose targets are objects of one kind. */
export function command<T extends { toString(): string }>(
  name: string,
  targets: (model: Model) => readonly T[],
  run: (target: T, model: Model, real: Real) => void,
): Command {
  return {
    name,
    targets: (model) =>
      targets(model).map((target) => ({
        target: ` ${target}`,
        run: (model, real) => run(target, model, real),
      })),
  }
}

/** Returns a command on a server, possible until the end. */
export function toServer(
  name: string,
  possible: (server: ModelServer) => boolean,
  run: (server: ModelServer, model: Model, real: Real) => void,
): Command {
  return command(name, ({ ended, servers }) => (ended ? [] : servers.filter(possible)), run)
}

/** Returns a command on a connection, possible until the end. */
export function toConnection(
  name: string,
  possible: (connection: ModelConnection) => boolean,
  run: (connection: ModelConnection, model: Model, real: Real) => void,
): Command {
  return command(name, ({ ended, connections }) => (ended ? [] : connections.filter(possible)), run)
}

/** Returns a command on a request in progress, possible until the end. */
export function toRequest(
  name: string,
  possible: (request: ModelRequest) => boolean,
  run: (request: ModelRequest, model: Model, real: Real) => void,
): Command {
  return command(name, ({ ended, requests }) => (ended ? [] : requests.filter(possible)), run)
}
