import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { Reason } from '../tracker/explanation.ts'
import { type ActivityCount, finish, resume, start, suspend } from './activity-count.ts'
import { bytesMoved, isCounted } from './bytes.ts'
import type { ConnectionContext } from './connection.ts'
import { asksForWebSocket, endGoingAway, sendGoingAway } from './going-away.ts'
import { look, movedSinceDeadline, newRecord, reasonAt } from './stream-count.ts'

/** A connection that left HTTP: a WebSocket or a tunnel. */
export class Upgraded {
  readonly #transport: Socket
  readonly #context: ConnectionContext
  /**
   * The way in which the socket counts. `open and silent`: counted as `open`, and suspended because it was not answered
   * and its client is silent.
   */
  #how: ActivityCount
  /** The number of bytes that had been written when the connection left HTTP. NaN if that was before the watch. */
  #writtenBefore: number
  readonly #isWebSocket: boolean
  readonly #record = newRecord()

  /** Takes the last request, undefined if the connection left HTTP before its server was watched. */
  constructor(transport: Socket, context: ConnectionContext, how: ActivityCount, request?: IncomingMessage) {
    this.#transport = transport
    this.#context = context
    this.#how = how
    this.#isWebSocket = request !== undefined && asksForWebSocket(request.headers)
    this.#writtenBefore = this.#written
    if (how === 'traffic') this.look()
  }

  /** Starts counting the socket. `inherited`: the connection itself counted, and the socket takes that count over. */
  startCounting(inherited: boolean): void {
    if (inherited) {
      if (this.#how !== 'ignore') this.#context.countdown.began()
      return
    }
    if (this.#how === 'traffic') this.#context.countdown.renew()
    else start(this.#context.countdown, this.#how)
  }

  /**
   * Starts counting a socket that left HTTP before it was watched. Treats it as answered, since Node does not show it.
   */
  adopt(): void {
    this.#writtenBefore = Number.NaN
    if (this.#how === 'open') start(this.#context.countdown, this.#how)
  }

  /** Stops counting the socket. Traffic since the last deadline renews the deadline. */
  stopCounting(): void {
    if (this.trafficMoved()) this.#context.countdown.renew()
    finish(this.#context.countdown, this.#how)
  }

  /**
   * Reports whether the socket waits for its client: it was not answered, or it counts by traffic and a drain has begun
   * to finish.
   */
  waits(finishing: boolean): boolean {
    if (this.#how === 'traffic') return finishing
    return this.#how !== 'ignore' && isCounted(this.#transport) && this.#written === this.#writtenBefore
  }

  suspendCounting(): void {
    this.#how = suspend(this.#context.countdown, this.#how)
  }

  resumeCounting(): boolean {
    const before = this.#how
    this.#how = resume(this.#context.countdown, before)
    return this.#how !== before
  }

  /** Remembers how many bytes have moved. Called once a patience. */
  look(): void {
    look(this.#record, bytesMoved(this.#transport), this.#context.countdown.clock.date())
  }

  trafficMoved(): boolean {
    if (this.#how !== 'traffic') return false
    this.look()
    return movedSinceDeadline(this.#record)
  }

  /** Records that the end is decided. A socket that counts by its traffic and was silent counts as ignored. */
  decideEnd(): void {
    if (this.#how === 'traffic' && bytesMoved(this.#transport) === this.#record.bytes) this.#how = 'ignore'
    this.#record.writtenAtEnd = this.#written
  }

  /**
   * Ends the socket if it is ignored, or if `all` end. Reports whether it ends.
   *
   * Sends a close frame to a WebSocket, unless the application has written to it since the end was decided.
   */
  end(all: boolean): boolean {
    if (this.#how !== 'ignore' && !all) return false
    endGoingAway(this.#transport, () => this.#isAccepted && this.#hasWrittenNothing)
    return true
  }

  /** Destroys the socket if it is ignored, or if everything was sent and only the client has not closed. */
  cut(): void {
    if (this.#how === 'ignore' || this.#transport.writableFinished) this.#transport.destroy()
  }

  /** Sends a close frame to a WebSocket, before it is destroyed. Reports whether it was sent. */
  sendGoingAway(): boolean {
    return this.#isAccepted && sendGoingAway(this.#transport)
  }

  /** Adds the socket to the reasons, or to what does not count. */
  explain(label: string, reasons: Reason[], uncounted: Reason[]): void {
    this.look()
    if (this.#how === 'open') reasons.push({ kind: 'upgrade', label, ignored: false })
    else if (this.#how !== 'open and silent') uncounted.push(reasonAt('upgrade', label, this.#record))
  }

  /** Reports whether a WebSocket was accepted. The first answer that is written is 101, as far as Node shows it. */
  get #isAccepted(): boolean {
    return this.#isWebSocket && this.#written > this.#writtenBefore
  }

  get #hasWrittenNothing(): boolean {
    const { writtenAtEnd = this.#written } = this.#record
    return this.#written === writtenAtEnd
  }

  get #written(): number {
    return isCounted(this.#transport) ? this.#transport.bytesWritten : 0
  }
}
