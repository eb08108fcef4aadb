import { once } from 'node:events'
import { connect } from 'node:net'
import { IdleTracker } from '@idle-shutdown/core/tracker'
import type { Settings } from '../register/settings.ts'
import { pipeToPort } from './pipe.ts'
import type { Waiting } from './waiting.ts'

/** How often (ms) a port is tried until it accepts: there is no event for it. */
const TRY_AGAIN = 25

/** A command that binds a port of its own, and knows nothing of us: it is idle when no connection to it has been open for a while. */
export class ProxiedPort {
  /** Aborts when it is idle. */
  readonly signal: AbortSignal
  /** Whether it takes connections. */
  open = false
  readonly #port: number
  readonly #tracker: IdleTracker
  #over = false

  constructor(port: number, { patience, startupPatience }: Settings) {
    this.#port = port
    this.#tracker = new IdleTracker({ patience, startupPatience })
    this.signal = this.#tracker.signal
    this.signal.addEventListener('abort', () => this.close())
  }

  /** Resolves when the port accepts; with `false` if this was closed before. */
  async ready(): Promise<boolean> {
    const starting = this.#tracker.hold('starting')
    while (!this.#over) {
      const socket = connect({ port: this.#port, host: '127.0.0.1' })
      const accepts = await once(socket, 'connect').then(
        () => true,
        () => false,
      )
      socket.destroy()
      if (accepts) break
      await new Promise((resolve) => setTimeout(resolve, TRY_AGAIN))
    }
    starting.release()
    this.open = !this.#over
    return this.open
  }

  /** What holds it awake, and until when. */
  get idleness(): { active: number; deadline: number | undefined; patience: number; reasons: readonly string[] } {
    const { active, deadline, patience, reasons } = this.#tracker.explain()
    return {
      active,
      deadline: deadline?.getTime(),
      patience,
      reasons: reasons.map(({ kind, label }) => `${kind} ${label}`),
    }
  }

  /** Pipes a connection to it. */
  take(waiting: Waiting, outcome: { accepted(): void; refused(): void }): void {
    const hold = this.#tracker.hold(`from ${waiting.socket.remoteAddress ?? 'a unix socket'}`)
    pipeToPort(waiting, this.#port, outcome).once('close', () => hold.release())
  }

  /** Takes nothing more. */
  close(): void {
    this.#over = true
    this.open = false
    this.#tracker[Symbol.dispose]()
  }
}
