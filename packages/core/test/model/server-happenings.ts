import { event, type Happening, toServer } from './happening.ts'
import type { Reference } from './reference.ts'
import type { ServerReference } from './reference-server.ts'

const MOST_SERVERS = 3

/**
 * Reports whether the server has no connection that Node's own `close()` would end on some version (HTTP/2 sessions:
 * Node 24 and 26).
 */
function closeable({ state, kind, connections }: ServerReference): boolean {
  if (state !== 'listening') return false
  if (kind === 'http2') return connections.length === 0
  return connections.every(({ requests, upgraded }) => kind === 'net' || requests.length > 0 || upgraded !== undefined)
}

/** Reports whether a late watch can see the requests on the connections of the server. */
function watchable({ state, kind, connections, watches }: ServerReference): boolean {
  return state !== 'closed' && (watches > 0 || kind !== 'http2' || connections.length === 0)
}

/** The happenings that end the run, or nearly. */
export const endHappenings: readonly Happening[] = [
  event(
    'close()',
    (reference, system) => {
      reference.clock.end()
      void system.idle.close()
    },
    ({ ended }) => !ended,
  ),
  toServer(
    'user closes',
    (server) => server.state === 'new' || closeable(server),
    (server, reference, system) => {
      reference.closeServer(server)
      system.server(server.number).close()
    },
  ),
]

export function serverHappenings(kind: ServerReference['kind']): readonly Happening[] {
  return [
    event(
      `add a ${kind} server`,
      (reference, system) => system.add(reference.add(kind)),
      ({ ended, servers, settings: { activity } }: Reference) =>
        !ended && servers.length < MOST_SERVERS && (kind !== 'net' || activity === 'connections'),
    ),
    toServer(
      'listen',
      ({ state }) => state === 'new',
      (server, reference, system) => {
        reference.listen(server)
        system.listen(server.number)
      },
    ),
    toServer('watch', watchable, (server, reference, system) => {
      reference.watch(server)
      system.watch(server.number)
    }),
    toServer(
      'unwatch',
      ({ watches }) => watches > 0,
      (server, reference, system) => {
        reference.unwatch(server)
        system.unwatch(server.number)
      },
    ),
  ]
}
