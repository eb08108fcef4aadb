import { type Command, event, toServer } from './command.ts'
import type { Model } from './model.ts'
import type { ModelServer } from './model-server.ts'

const MOST_SERVERS = 3

/**
 * Reports whether the server has no connection that Node's own `close()` would end on some version (HTTP/2 sessions:
 * Node 24 and 26).
 */
function closeable({ state, kind, connections }: ModelServer): boolean {
  if (state !== 'listening') return false
  if (kind === 'http2') return connections.length === 0
  return connections.every(({ requests, upgraded }) => kind === 'net' || requests.length > 0 || upgraded !== undefined)
}

/** Reports whether a late watch can see the requests on the connections of the server. */
function watchable({ state, kind, connections, watches }: ModelServer): boolean {
  return state !== 'closed' && (watches > 0 || kind !== 'http2' || connections.length === 0)
}

/** The commands that end the run, or nearly. */
export const endHappenings: readonly Command[] = [
  event(
    'close()',
    (model, real) => {
      model.clock.end()
      void real.idle.close()
    },
    ({ ended }) => !ended,
  ),
  toServer(
    'user closes',
    (server) => server.state === 'new' || closeable(server),
    (server, model, real) => {
      model.closeServer(server)
      real.server(server.number).close()
    },
  ),
]

export function serverHappenings(kind: ModelServer['kind']): readonly Command[] {
  return [
    event(
      `add a ${kind} server`,
      (model, real) => real.add(model.add(kind)),
      ({ ended, servers, settings: { activity } }: Model) =>
        !ended && servers.length < MOST_SERVERS && (kind !== 'net' || activity === 'connections'),
    ),
    toServer(
      'listen',
      ({ state }) => state === 'new',
      (server, model, real) => {
        model.listen(server)
        real.listen(server.number)
      },
    ),
    toServer('watch', watchable, (server, model, real) => {
      model.watch(server)
      real.watch(server.number)
    }),
    toServer(
      'unwatch',
      ({ watches }) => watches > 0,
      (server, model, real) => {
        model.unwatch(server)
        real.unwatch(server.number)
      },
    ),
  ]
}
