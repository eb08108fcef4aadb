import type { StreamCount } from '../options.ts'
import type { Countdown } from '../tracker/countdown.ts'
import type { Reason } from '../tracker/explanation.ts'
import { type ActivityCount, finish } from './activity-count.ts'
import type { ConnectionContext } from './connection.ts'

/** The observations of a response that is a stream, or of a connection that left HTTP. */
export interface StreamRecord {
  /** The choice of the application for this request. Undefined: the option `streams` applies. */
  how: StreamCount | undefined
  /** The time of the first look, in wall-clock milliseconds. The clock is not read when a stream begins. */
  since: number | undefined
  /** The time of the last look at which the number of bytes had changed, in wall-clock milliseconds. */
  lastByte: number
  /** The number of bytes at the last look. */
  bytes: number
  /** Reports whether bytes have moved since the last deadline. */
  moved: boolean
  /** Reports whether the drain has ended the stream. */
  ended: boolean
  /** The number of bytes that were written when the end was decided. Undefined if the stream began later. */
  writtenAtEnd: number | undefined
  /** The handle of a tunnel of HTTP/2. Node drops the handle of a stream before it emits 'close' (Node 20-26). */
  handle?: unknown
}

/**
 * The records of responses of HTTP/1 and of streams of HTTP/2, apart for each watch.
 *
 * Not a field of a connection, since few connections have a stream.
 */
const records = new WeakMap<ConnectionContext, WeakMap<object, StreamRecord>>()

/** Returns the record of a response. Makes one if there is none. */
export function recordOf(context: ConnectionContext, response: object): StreamRecord {
  const known = records.get(context) ?? new WeakMap<object, StreamRecord>()
  const record = known.get(response) ?? newRecord()
  records.set(context, known)
  known.set(response, record)
  return record
}

/** Reports whether the drain of a watch has ended a response. */
export function isEnded(context: ConnectionContext, response: object): boolean {
  return records.get(context)?.get(response)?.ended === true
}

/** Returns the record of a stream at which there was no look yet. */
export function newRecord(): StreamRecord {
  return {
    how: undefined,
    since: undefined,
    lastByte: 0,
    bytes: 0,
    moved: false,
    ended: false,
    writtenAtEnd: undefined,
  }
}

/** Records the number of bytes. `now`: in wall-clock milliseconds. */
export function look(record: StreamRecord, bytes: number, now: number): void {
  if (record.since === undefined) record.since = now
  else if (record.bytes === bytes) return
  else record.moved = true
  record.bytes = bytes
  record.lastByte = now
}

/** Returns the entry of a stream in an explanation. */
export function reasonAt(kind: 'stream' | 'upgrade', label: string, record: StreamRecord, ignored = false): Reason {
  return { kind, label, ignored, since: new Date(Number(record.since)), lastByte: new Date(record.lastByte) }
}

/** Reports whether bytes have moved between the last call and the last look. Called at the deadline. */
export function movedSinceDeadline(record: StreamRecord): boolean {
  const { moved } = record
  record.moved = false
  return moved
}

/**
 * Changes the count of a response that is a stream. Returns the count from now on.
 *
 * A stream that stops being an activity renews the deadline. An ignored request that became a stream never counts.
 */
export function countAsStream(countdown: Countdown, count: ActivityCount, how: StreamCount): ActivityCount {
  const next =
    count === 'ignored' || (how === 'ignore' && (count === 'active' || count === 'traffic stream'))
      ? 'ignored stream'
      : how === 'traffic' && count === 'active'
        ? 'traffic stream'
        : count
  if (next !== count && count !== 'traffic stream') finish(countdown, count)
  return next
}
