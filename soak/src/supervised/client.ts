import { connect, type Socket } from 'node:net'
import { setTimeout as pass } from 'node:timers/promises'
import type { Random } from '../clients/random.ts'
import { Answers } from './answers.ts'
import { cut, drawRequest, type Request } from './request.ts'
import type { Tally } from './tally.ts'

/** The longest time (ms) to wait for a response. */
const TOO_LONG = 30_000

/**
 * The longest pause (ms) between two pieces of a request. A drain stops waiting for a slow request after a second, so
 * the pause is shorter.
 */
const LONGEST_PAUSE = 60

/** A client that keeps its connection, and sends its requests in pieces. */
export class Client {
  readonly #name: string
  readonly #port: number
  readonly #random: Random
  readonly #tally: Tally
  /** The unanswered requests, in order. */
  #open: Request[] = []
  #again: Request[] = []
  #socket: Socket | undefined
  /** The connection has carried a response with `Connection: close`. */
  #last = false
  /** The connection has carried a response. */
  #answered = false
  #count = 0
  #changed = (): void => {}

  constructor(name: string, port: number, random: Random, tally: Tally) {
    this.#name = name
    this.#port = port
    this.#random = random
    this.#tally = tally
  }

  /** Sends one request, or two at once, and waits for the responses. Returns the number of new requests. */
  async ask(): Promise<number> {
    const random = this.#random
    // Sometimes starts as a new client, so that both new and kept connections wake programs.
    if (random.chance(0.1)) this.close()
    const again = this.#again.splice(0)
    const drawn = Array.from({ length: random.chance(0.3) ? 2 : 1 }, () =>
      drawRequest(random, `${this.#name}-${++this.#count}`, `session=${this.#name}`),
    )
    await this.#send([...again, ...drawn])
    return drawn.length
  }

  close(): void {
    this.#socket?.destroy()
    this.#socket = undefined
  }

  async #send(requests: readonly Request[]): Promise<void> {
    const socket = this.#connection()
    this.#open = [...requests]
    for (const piece of cut(this.#random, requests.map(({ wire }) => wire).join(''))) {
      if (this.#socket === socket && this.#open.length > 0) socket.write(piece, 'latin1')
      await pass(this.#random.pick([0, 1, this.#random.between(0, LONGEST_PAUSE)]))
    }
    const end = performance.now() + TOO_LONG
    while (this.#open.length > 0 && performance.now() < end) {
      await Promise.race([
        new Promise<void>((resolve) => {
          this.#changed = resolve
        }),
        pass(1000, undefined, { ref: false }),
      ])
    }
    this.#abandon(`no response within ${TOO_LONG} ms`)
  }

  /** Returns the connection, or a new one if the server has ended it. */
  #connection(): Socket {
    if (this.#socket !== undefined) return this.#socket
    const socket = connect({ port: this.#port, host: '127.0.0.1', noDelay: true })
    const answers = new Answers()
    this.#socket = socket
    this.#last = false
    this.#answered = false
    socket.setEncoding('latin1')
    socket.on('data', (text) => {
      for (const answer of answers.read(String(text))) {
        this.#answered = true
        if (answer.last) this.#last = true
        const request = this.#open.shift()
        if (request === undefined) this.#tally.unasked(answer)
        else this.#tally.judge(request, answer)
      }
      this.#changed()
    })
    let why = 'FIN'
    socket.on('error', (error) => {
      why = 'code' in error ? String(error.code) : error.message
    })
    const over = (): void => {
      if (this.#socket !== socket) return
      this.#socket = undefined
      // The kernel resets a dropped connection that has unread bytes.
      if (!this.#answered && answers.rest === '') this.#dropped()
      this.#abandon(`${why}${answers.rest === '' ? '' : `, after ${JSON.stringify(answers.rest)}`}`)
      this.#changed()
    }
    socket.on('end', over)
    socket.on('close', over)
    return socket
  }

  #dropped(): void {
    const requests = this.#open.splice(0)
    this.#tally.dropped(requests.length)
    this.#again.push(...requests)
  }

  #abandon(why: string): void {
    for (const request of this.#open.splice(0)) {
      if (this.#last) {
        this.#tally.repeated()
        this.#again.push(request)
      } else {
        this.#tally.missing(request, why)
      }
    }
  }
}
