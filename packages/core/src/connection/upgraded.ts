import type { Socket } from 'node:net'
import type { Countdown } from '../tracker/countdown.ts'
import { type ActivityCount, finish, resume, start, suspend } from './activity-count.ts'
import { bytesMoved, isCounted } from './bytes.ts'

/** A connection that left HTTP: a WebSocket or a tunnel. */
export class Upgraded {
  readonly #transport: Socket
  readonly #countdown: Countdown
  /**
   * The way in which the socket counts. `open and silent`: counted as `open`, and suspended because it was not answered
   * and its client is silent.
   */
  #how: ActivityCount
  /**
   * The number of bytes at the last check. For `open`, the number of bytes that had been written when the connection
   * left HTTP.
   */
  #marked: number

  constructor(transport: Socket, countdown: Countdown, how: ActivityCount) {
    this.#transport = transport
    this.#countdown = countdown
    this.#how = how
    this.#marked = how === 'open' ? this.#written : bytesMoved(transport)
  }

  /** Reports whether the socket counts until it closes. */
  get isOpen(): boolean {
    return this.#how === 'open'
  }

  /** Reports whether a drain ends the socket. If not, the application does. */
  get isIgnored(): boolean {
    return this.#how === 'ignore'
  }

  /** Starts counting the socket. `inherited`: the connection itself counted, and the socket takes that count over. */
  startCounting(inherited: boolean): void {
    if (inherited) return
    if (this.#how === 'traffic') this.#countdown.renew()
    else start(this.#countdown, this.#how)
  }

  /**
   * Starts counting a socket that left HTTP before it was watched. Treats it as answered, since Node does not show it.
   */
  adopt(): void {
    if (this.#how !== 'open') return
    this.#countdown.start('active')
    this.#marked = Number.NaN
  }

  /** Stops counting the socket. */
  stopCounting(): void {
    finish(this.#countdown, this.#how)
  }

  /**
   * Reports whether the socket waits for its client: it was not answered, or it counts by traffic and a drain has begun
   * to finish.
   */
  waits(finishing: boolean): boolean {
    if (this.#how === 'traffic') return finishing
    return this.#how !== 'ignore' && isCounted(this.#transport) && this.#written === this.#marked
  }

  suspendCounting(): void {
    this.#how = suspend(this.#countdown, this.#how)
  }

  resumeCounting(): boolean {
    const before = this.#how
    this.#how = resume(this.#countdown, before)
    return this.#how !== before
  }

  trafficMoved(): boolean {
    if (this.#how !== 'traffic') return false
    const before = this.#marked
    this.#marked = bytesMoved(this.#transport)
    return this.#marked !== before
  }

  get #written(): number {
    return isCounted(this.#transport) ? this.#transport.bytesWritten : 0
  }
}
