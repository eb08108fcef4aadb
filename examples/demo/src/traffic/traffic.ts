import { Agent, get } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { WebSocket } from 'ws'

/** The number of clients that keep a connection alive and send requests repeatedly. */
const KEEP_ALIVE_CLIENTS = 4

/** The pause (ms) of such a client between two requests. */
const PAUSE = { least: 10, most: 60 }

/** The interval (ms) between two health checks. */
const HEALTH_INTERVAL = 250

/** The longest time (ms) from a refused connection to the report of the end that caused it. */
const NEWS = 200

/** The server that the traffic goes to. */
export interface Destination {
  /** The address of the server: `http://host:port`. */
  readonly origin: string
  /** Resolves when the server has counted itself as idle. */
  readonly idle: Promise<unknown>
  /** Resolves when the server's process has ended. */
  readonly ended: Promise<unknown>
}

/** The outcomes of the requests to one server, as its clients saw them. */
class Tally {
  sent = 0
  answered = 0
  /** The number of requests that were health checks, which do not count as activity. */
  healthChecks = 0
  /** The requests without a response, and the reasons. */
  readonly losses: string[] = []
  /** The time of the response to the last request that counts as activity (`performance.now()`). */
  lastActivity: number | undefined

  /** The number of requests without a response. */
  get lost(): number {
    return this.losses.length
  }

  /** Records a response. */
  answer(): void {
    this.answered++
  }

  /** Records a request without a response. */
  lose(what: string, error: unknown): void {
    this.losses.push(`${what}: ${error instanceof Error ? error.message || error.name : error}`)
  }
}

/**
 * The clients of one server. Some keep a connection alive, one requests a slow response, health checks use a new
 * connection each time, and a WebSocket only listens.
 *
 * The first two kinds stop with {@link Traffic.stopActivity}, and leave their connections open. The others continue
 * until the server ends.
 */
export class Traffic {
  readonly tally: Tally = new Tally()
  /** The WebSocket is open. */
  webSocketOpen = false
  /** Resolves with the code with which the WebSocket was closed. */
  readonly webSocketClosed: Promise<number>
  readonly #to: Destination
  readonly #keepAlive = new Agent({ keepAlive: true })
  readonly #oneShot = new Agent({ keepAlive: false })
  readonly #clients: Promise<void>[]
  readonly #lasting: Promise<unknown>[]
  #stopped = false
  #over = false

  /** Starts the traffic. */
  constructor(to: Destination) {
    this.#to = to
    this.#clients = [this.#askSlowly(), ...Array.from({ length: KEEP_ALIVE_CLIENTS }, () => this.#askOften())]
    this.webSocketClosed = this.#listen()
    this.#lasting = [this.#checkHealth(), this.webSocketClosed]
    void to.ended.then(() => {
      this.#stopped = true
      this.#over = true
    })
  }

  /** Stops the clients that count as activity. Resolves when their last request has been answered. */
  async stopActivity(): Promise<void> {
    this.#stopped = true
    await Promise.all(this.#clients)
  }

  /** Resolves when no client is left, which requires the server's end. */
  async over(): Promise<void> {
    await this.#to.ended
    await Promise.all([...this.#clients, ...this.#lasting])
    this.#keepAlive.destroy()
    this.#oneShot.destroy()
  }

  async #askOften(): Promise<void> {
    while (!this.#stopped) {
      await this.#ask('/', this.#keepAlive)
      await delay(PAUSE.least + Math.random() * (PAUSE.most - PAUSE.least))
    }
  }

  async #askSlowly(): Promise<void> {
    while (!this.#stopped) {
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
          // The server had already ended, so this check does not count as sent.
          tally.sent--
          tally.healthChecks--
          return
        }
        tally.lose('GET /healthz', error)
      }
      await Promise.race([delay(HEALTH_INTERVAL), this.#to.ended])
    }
  }

  /** Opens the WebSocket. Its exchange is complete when the server closes it with 1001 (going away). */
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

/**
 * Sends a GET request, and reads the response to its end. Rejects if the status is not 200, or if the response is cut
 * off.
 */
function ask(url: string, agent: Agent): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = get(url, { agent }, (response) => {
      response.resume()
      response.once('error', reject)
      response.once('end', () => {
        if (response.statusCode === 200) resolve()
        else reject(new Error(`answered with ${response.statusCode}`))
      })
    })
    request.once('error', reject)
  })
}

/**
 * Reports whether no server accepted the connection. Either no server listens, or the listener was closed with the
 * connection in its queue, which resets it. Only a supervisor that holds the socket prevents the latter.
 */
function wasNotAccepted(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ECONNREFUSED' || error.code === 'ECONNRESET')
}
