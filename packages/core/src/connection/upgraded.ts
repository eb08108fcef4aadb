import type { Socket } from 'node:net'
import type { Countdown } from '../countdown.ts'
import type { ShutdownSettings } from '../options.ts'
import { bytesMoved, isCounted } from './bytes.ts'

/** What a connection has become that left HTTP: a WebSocket, or a tunnel. */
export class Upgraded {
  readonly #stream: Socket
  readonly #countdown: Countdown
  /** `open and silent`: it counts no longer, as it was never answered, and its client says nothing. */
  #how: ShutdownSettings['upgrades'] | 'open and silent'
  /** How many bytes had moved when last looked at; on one that is open, how many had been written when it left HTTP. */
  #marked: number

  constructor(stream: Socket, countdown: Countdown, how: ShutdownSettings['upgrades']) {
    this.#stream = stream
    this.#countdown = countdown
    this.#how = how
    this.#marked = how === 'open' ? this.#written : bytesMoved(stream)
  }

  /** Whether it counts until it closes. */
  get isOpen(): boolean {
    return this.#how === 'open'
  }

  /** Whether a drain ends it, and not the application. */
  get isIgnored(): boolean {
    return this.#how === 'ignore'
  }

  /** It leaves HTTP. `bare`: it has counted as a connection until now. */
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

  /** It had left HTTP before it was watched, and has been answered since, as far as is known. */
  takeOver(): void {
    if (this.#how !== 'open') return
    this.#countdown.begin()
    this.#marked = Number.NaN
  }

  /** It has closed. */
  end(): void {
    if (this.isOpen) this.#countdown.end()
  }

  /** Whether it goes on only when the client says something: it was not answered; in a drain, none counts by its traffic. */
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
