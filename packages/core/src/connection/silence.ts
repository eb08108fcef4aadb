import type { Connection } from './connection.ts'

/** How far a connection that waits for its client had come, and since when it has come no further. */
interface Silence {
  readonly moved: number
  readonly since: number
  /** Whether its client was waited for long enough. */
  gone: boolean
}

/** Only of those that were waiting when they were last looked at: a connection on which nothing is amiss holds no entry. */
const silences = new WeakMap<Connection, Silence>()

/**
 * Whether a connection waits for a client that has said nothing for `most` milliseconds, as far as has been seen by looking at it
 * now and then; or, since it last spoke, for as long as was too long once.
 */
export function isSilent(connection: Connection, now: number, most: number): boolean {
  if (!connection.waiting) {
    silences.delete(connection)
    return false
  }
  const { moved } = connection
  const known = silences.get(connection)
  if (known === undefined || known.moved !== moved) {
    silences.set(connection, { moved, since: now, gone: false })
    return false
  }
  known.gone ||= now - known.since >= most
  return known.gone
}

/** Whether a connection that was seen to be silent waits no longer, or bytes have moved on it since. */
export function hasSpoken(connection: Connection): boolean {
  return !connection.waiting || silences.get(connection)?.moved !== connection.moved
}
