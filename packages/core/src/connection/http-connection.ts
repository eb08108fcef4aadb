import { afterTwoTurns } from '../tracker/event-loop.ts'
import type { Reason } from '../tracker/explanation.ts'
import { type ActivityCount, isActive } from './activity-count.ts'
import { Connection } from './connection.ts'
import { type EndableResponse, endResponse } from './going-away.ts'
import { isNode } from './node-internals.ts'
import {
  countAsStream,
  isEnded,
  look,
  movedSinceDeadline,
  reasonAt,
  recordOf,
  type StreamRecord,
} from './stream-count.ts'
import type { Upgraded } from './upgraded.ts'

/**
 * A connection of an HTTP server, whose responses may be streams. `R`: a response of HTTP/1, or a stream of HTTP/2.
 *
 * A stream is a response whose head is sent, without a `Content-Length`, and that the application has not ended. Neither
 * its begin nor its bytes call this class: the periodic checks look at what is open. See decision 53.
 */
export abstract class HttpConnection<R extends EndableResponse> extends Connection {
  /** Returns the responses that Node writes now, and how each counts. */
  protected abstract writing(): Iterable<readonly [R, ActivityCount]>

  /** Reports whether a response is a stream. */
  protected abstract isStream(response: R): boolean

  /** Changes how a response counts. */
  protected abstract setCount(response: R, count: ActivityCount): void

  /** Ends a stream that does not count. */
  protected endStream(response: R): void {
    if (!endResponse(response)) this.end()
  }

  /** Destroys a stream that was ended, and that its client does not read. */
  protected cutStream(_response: R): void {
    this.destroy()
  }

  /** The number of bytes that a stream has moved. */
  protected bytesOf(_response: R): number {
    return this.bytesMoved
  }

  /** Reports whether {@link HttpConnection.bytesOf} shows what is written. */
  protected get showsTraffic(): boolean {
    return isNode
  }

  /** Defined if the connection has left HTTP. */
  protected get upgraded(): Upgraded | undefined {
    return undefined
  }

  /** Counts what has become a stream since the last call. Called once a patience, and more often in a drain. */
  lookAtStreams(): void {
    this.upgraded?.look()
    for (const [response, count] of this.writing()) if (this.isStream(response)) this.#look(response, count)
  }

  override trafficMoved(): boolean {
    let moved = this.resumeCounting() || this.upgraded?.trafficMoved() === true
    for (const [response, count] of this.writing()) {
      if (count === 'traffic stream') moved = movedSinceDeadline(this.#look(response, count)) || moved
    }
    return moved
  }

  /**
   * Records that the end is decided, before the signal aborts. What counts by its traffic and was silent counts as
   * ignored.
   */
  protected decideEnd(): void {
    this.upgraded?.decideEnd()
    for (const [response, count] of this.writing()) {
      if (!this.isStream(response)) continue
      const isSilent = count === 'traffic stream' && this.bytesOf(response) === recordOf(this.context, response).bytes
      if (isSilent) this.setCount(response, 'ignored stream')
      else this.#look(response, count)
    }
  }

  /** Ends what does not count. Called after the listeners of the signal. Reports whether something ends. */
  endUncounted(): boolean {
    let ending = this.upgraded?.end(this.context.drain.endsUpgrades) === true
    for (const [response, count] of this.writing()) {
      if (count !== 'ignored stream' || !this.isStream(response) || isEnded(this.context, response)) continue
      recordOf(this.context, response).ended = true
      this.endStream(response)
      ending = true
    }
    return ending
  }

  /** Destroys what {@link HttpConnection.endUncounted} ended and what is still open. */
  cutUncounted(): void {
    this.upgraded?.cut()
    for (const [response] of this.writing()) if (isEnded(this.context, response)) this.cutStream(response)
  }

  /** Sends a close frame to each WebSocket that can take one, and destroys the connection. */
  cut(): void {
    // Two turns later, the frames are sent.
    if (this.sendGoingAway()) afterTwoTurns(() => this.destroy())
    else this.destroy()
  }

  /** Sends a close frame to each WebSocket that can take one. Reports whether one was sent. */
  protected sendGoingAway(): boolean {
    return this.upgraded?.sendGoingAway() === true
  }

  override explain(reasons: Reason[], uncounted: Reason[]): void {
    super.explain(reasons, uncounted)
    this.upgraded?.explain(this.origin, reasons, uncounted)
    for (const [response, count] of this.inProgress()) this.#explain(response, count, reasons, uncounted)
  }

  /** Returns all responses in progress that are not of a `CONNECT`, and how each counts. */
  protected abstract inProgress(): Iterable<readonly [R, ActivityCount]>

  protected abstract labelOf(response: R): string

  #explain(response: R, count: ActivityCount, reasons: Reason[], uncounted: Reason[]): void {
    const ignored = count === 'ignored'
    const counts = ignored || isActive(count)
    if (!this.isStream(response)) {
      if (counts) reasons.push({ kind: 'request', label: this.labelOf(response), ignored })
      return
    }
    const record = this.#record(response)
    const isUncounted = count === 'traffic stream' || count === 'ignored stream'
    if (counts || isUncounted)
      (counts ? reasons : uncounted).push(reasonAt('stream', this.labelOf(response), record, ignored))
  }

  /** Looks at a stream, and counts it as the application or the option says. */
  #look(response: R, count: ActivityCount): StreamRecord {
    const { countdown, settings } = this.context
    const record = this.#record(response)
    const how = record.how ?? settings.streams
    // A stream whose bytes are not seen would look silent.
    if (how === 'traffic' && !this.showsTraffic && count !== 'ignored') return record
    const next = countAsStream(countdown, count, how)
    if (next !== count) this.setCount(response, next)
    return record
  }

  #record(response: R): StreamRecord {
    const record = recordOf(this.context, response)
    look(record, this.bytesOf(response), this.context.countdown.clock.date())
    return record
  }
}
