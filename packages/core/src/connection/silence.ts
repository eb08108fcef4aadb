import type { Connection } from './connection.ts'

/** The progress of a connection that waits for its client: its bytes, and since when they have not changed. */
interface Silence {
  readonly moved: number
  readonly since: number
  /** `true` once the client has been silent for too long. */
  gone: boolean
}

/** Only has connections that were waiting at the last check, so that a healthy connection costs no entry. */
const silences = new WeakMap<Connection, Silence>()

/**
 * Reports whether a connection waits for a client that has been silent for `most` milliseconds.
 *
 * The silence is measured between calls. Once it was too long, the client stays silent until bytes have moved. Call
 * `resumeCounting()` before in the same turn: this function forgets that a silent client has sent data.
 */
export function isSilent(connection: Connection, now: number, most: number): boolean {
  if (!connection.waitsForClient) {
    silences.delete(connection)
    return false
  }
  const { bytesMoved: moved } = connection
  const known = silences.get(connection)
  if (known === undefined || known.moved !== moved) {
    silences.set(connection, { moved, since: now, gone: false })
    return false
  }
  known.gone ||= now - known.since >= most
  return known.gone
}

/** Reports whether a connection that was silent no longer waits, or bytes have moved on it since. */
export function hasSpoken(connection: Connection): boolean {
  return !connection.waitsForClient || silences.get(connection)?.moved !== connection.bytesMoved
}
