import type { Socket } from 'node:net'
import type { Countdown } from '../countdown.ts'
import type { ShutdownSettings } from '../options.ts'
import { bytesMoved, isCounted } from './bytes.ts'

/** A connection that left HTTP: a WebSocket or a tunnel. */
export class Upgraded {
  readonly #stream: Socket
  readonly #countdown: Countdown
  /**
   * The way in which the socket counts. `open and silent`: not any more, since it was not answered and its client is
   * silent.
   */
  #how: ShutdownSettings['upgrades'] | 'open and silent'
  /**
   * The number of bytes at the last check. For `open`, the number of bytes that had been written when the connection
   * left HTTP.
   */
  #marked: number

  constructor(stream: Socket, countdown: Countdown, how: ShutdownSettings['upgrades']) {
    this.#stream = stream
    this.#countdown = countdown
    this.#how = how
    this.#marked = how === 'open' ? this.#written : bytesMoved(stream)
  }

  /** Reports whether the socket counts until it closes. */
  get isOpen(): boolean {
    return this.#how === 'open'
  }

  /** Reports whether a drain ends the socket. If not, the application does. */
  get isIgnored(): boolean {
    return this.#how === 'ignore'
  }

  /** Starts counting the socket. `bare`: the connection itself has counted until now. */
  begin(bare: boolean): void {
    if (this.#how === 'open') {
      if (!bare) this.#countdown.begin()
    } else if (this.#how === 'traffic') {
      if (bare) this.#countdown.end()
      else this.#countdown.renew()
    } else if (bare) {
      this.#countdown.retract()
    }
  }

  /**
   * Starts counting a socket that left HTTP before it was watched. Treats it as answered, since Node does not show it.
   */
  takeOver(): void {
    if (this.#how !== 'open') return
    this.#countdown.begin()
    this.#marked = Number.NaN
  }

  /** Stops counting the socket. */
  end(): void {
    if (this.isOpen) this.#countdown.end()
  }

  /**
   * Reports whether the socket waits for its client: it was not answered, or it counts by traffic and a drain has begun
   * to finish.
   */
  waits(finishing: boolean): boolean {
    if (this.#how === 'traffic') return finishing
    return this.#how !== 'ignore' && isCounted(this.#stream) && this.#written === this.#marked
  }

  letGo(): void {
    if (!this.isOpen) return
    this.#how = 'open and silent'
    this.#countdown.end()
  }

  countAgain(): boolean {
    if (this.#how !== 'open and silent') return false
    this.#how = 'open'
    this.#countdown.begin()
    return true
  }

  trafficMoved(): boolean {
    if (this.#how !== 'traffic') return false
    const before = this.#marked
    this.#marked = bytesMoved(this.#stream)
    return this.#marked !== before
  }

  get #written(): number {
    return isCounted(this.#stream) ? this.#stream.bytesWritten : 0
  }
}
