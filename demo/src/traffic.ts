import { Agent } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { ask, wasNotAccepted } from './ask.ts'
import { Tally } from './tally.ts'

/** How many clients keep a connection alive and ask again and again. */
const KEEP_ALIVE_CLIENTS = 4

/** How long (ms) such a client pauses between two requests. */
const PAUSE = { least: 10, most: 60 }

/** How often (ms) a health check comes. */
const HEALTH_INTERVAL = 250

/** How long (ms) the news of the end may take to come after a refused connection that is due to it. */
const NEWS = 200

/** What traffic needs to know about the server that it goes to. */
export interface Destination {
  /** Where it listens: `http://host:port`. */
  readonly origin: string
  /** Resolves when the server has counted itself as idle. */
  readonly idle: Promise<unknown>
  /** Resolves when the server's process is gone. */
  readonly ended: Promise<unknown>
}

/**
 * The clients of one server: some that keep a connection alive, one that asks for something slow, a health check on a new
 * connection every time, and a WebSocket that only listens.
 *
 * The first two stop with {@link Traffic.hush}, and leave their connections open. The others go on until the server ends.
 */
export class Traffic {
  readonly tally: Tally = new Tally()
  /** Whether the WebSocket is open. */
  webSocketOpen = false
  /** Resolves with the code with which the WebSocket was closed. */
  readonly webSocketClosed: Promise<number>
  readonly #to: Destination
  readonly #keepAlive = new Agent({ keepAlive: true })
  readonly #oneShot = new Agent({ keepAlive: false })
  readonly #clients: Promise<void>[]
  readonly #lasting: Promise<unknown>[]
  #hushed = false
  #over = false

  /** The traffic begins. */
  constructor(to: Destination) {
    this.#to = to
    this.#clients = [this.#askSlowly(), ...Array.from({ length: KEEP_ALIVE_CLIENTS }, () => this.#askOften())]
    this.webSocketClosed = this.#listen()
    this.#lasting = [this.#checkHealth(), this.webSocketClosed]
    void to.ended.then(() => {
      this.#hushed = true
      this.#over = true
    })
  }

  /** Lets go of what counts as activity. Resolves when its last request was answered. */
  async hush(): Promise<void> {
    this.#hushed = true
    await Promise.all(this.#clients)
  }

  /** Resolves when no client is left, which takes the server's end. */
  async over(): Promise<void> {
    await this.#to.ended
    await Promise.all([...this.#clients, ...this.#lasting])
    this.#keepAlive.destroy()
    this.#oneShot.destroy()
  }

  async #askOften(): Promise<void> {
    while (!this.#hushed) {
      await this.#ask('/', this.#keepAlive)
      await delay(PAUSE.least + Math.random() * (PAUSE.most - PAUSE.least))
    }
  }

  async #askSlowly(): Promise<void> {
    while (!this.#hushed) {
      if (!(await this.#ask('/slow', this.#keepAlive))) await delay(PAUSE.most)
    }
  }

  async #ask(path: string, agent: Agent): Promise<boolean> {
    const { tally } = this
    tally.sent++
    try {
      await ask(this.#to.origin + path, agent)
      tally.answer()
      tally.lastActivity = performance.now()
      return true
    } catch (error) {
      tally.lose(`GET ${path}`, error)
      return false
    }
  }

  async #checkHealth(): Promise<void> {
    const { tally } = this
    while (!this.#over) {
      tally.sent++
      tally.healthChecks++
      try {
        await ask(`${this.#to.origin}/healthz`, this.#oneShot)
        tally.answer()
      } catch (error) {
        if (wasNotAccepted(error) && (await this.#isIdle())) {
          // Nobody was there any more to be asked.
          tally.sent--
          tally.healthChecks--
          return
        }
        tally.lose('GET /healthz', error)
      }
      await Promise.race([delay(HEALTH_INTERVAL), this.#to.ended])
    }
  }

  /** Its answer is complete when the server closes it with 1001: going away. */
  async #listen(): Promise<number> {
    const { tally } = this
    const webSocket = new WebSocket(`${this.#to.origin.replace('http', 'ws')}/live`)
    tally.sent++
    let failure: Error | undefined
    webSocket.on('open', () => {
      this.webSocketOpen = true
    })
    webSocket.on('error', (error) => {
      failure = error
    })
    const code = await new Promise<number>((resolve) => webSocket.once('close', resolve))
    this.webSocketOpen = false
    if (code === 1001) tally.answer()
    else tally.lose('WebSocket /live', failure ?? new Error(`closed with ${code}`))
    return code
  }

  #isIdle(): Promise<boolean> {
    return Promise.race([this.#to.idle.then(() => true), delay(NEWS, false)])
  }
}
