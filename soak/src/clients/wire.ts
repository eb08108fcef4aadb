import { RawClient } from '@idle-shutdown/conformance/program'
import type { Attempt } from '../account.ts'
import type { Contact } from '../contact.ts'
import { answerTo, type Errand, pathOf } from '../errand.ts'
import { now } from '../now.ts'
import type { Visit } from './visit.ts'

/** Options of a request on a wire. */
export interface Ask {
  readonly size?: number
  readonly delay?: number
  readonly spin?: number
  /** The body, which makes the request a POST. */
  readonly body?: string
  readonly chunked?: boolean
  readonly close?: boolean
}

/** A request with known bytes, and the known bytes of its response. */
export interface Letter {
  readonly attempt: Attempt
  readonly head: string
  readonly body: string
  readonly answer: string
}

/** One HTTP/1.1 connection to the server under test. Every byte is in the account. */
export class Wire {
  readonly contact: Contact = { openedAt: now() }
  readonly #visit: Visit
  #client: RawClient | undefined
  #failure = ''
  /** The earlier events of the connection, for the reasons in the account. */
  #story = ''

  private constructor(visit: Visit) {
    this.#visit = visit
  }

  /** Connects. If no server listens, its requests count as unsent. */
  static async open(visit: Visit): Promise<Wire> {
    const wire = new Wire(visit)
    try {
      wire.#client = await RawClient.connect(visit.address, {
        secure: visit.secure,
        protocol: visit.protocol,
        onConnected(socket) {
          wire.contact.connectedAt = now()
          if (socket.localPort !== undefined) wire.contact.port = socket.localPort
          // With Nagle's algorithm, the kernel would hold data back until the server has acknowledged earlier data.
          socket.setNoDelay()
        },
      })
    } catch (error) {
      wire.#failure = `not connected: ${error}`
      visit.nobody()
    }
    return wire
  }

  get client(): RawClient | undefined {
    return this.#client
  }

  /** Creates a request and adds it to the account. */
  letter(what: string, { size = 0, delay = 0, spin = 0, body, chunked = false, close = false }: Ask = {}): Letter {
    const attempt = this.#visit.account.begin(what, this.contact)
    const errand: Errand = { id: attempt.id, size, delay, spin }
    const lines = [`${body === undefined ? 'GET' : 'POST'} ${pathOf(errand)} HTTP/1.1`, 'Host: localhost']
    if (close) lines.push('Connection: close')
    if (body !== undefined) lines.push('Content-Type: text/plain')
    if (body !== undefined) lines.push(chunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${body.length}`)
    return {
      attempt,
      head: `${lines.join('\r\n')}\r\n\r\n`,
      body: body === undefined ? '' : chunked ? inChunks(body) : body,
      answer: answerTo(errand, body?.length ?? 0),
    }
  }

  /** Sends all of these in one piece. */
  async send(...letters: readonly Letter[]): Promise<void> {
    if (await this.write(letters.map(({ head, body }) => head + body).join(''))) this.written(...letters)
  }

  written(...letters: readonly Letter[]): void {
    for (const { attempt } of letters) attempt.writtenAt = now()
  }

  /** Sends bytes. Reports whether the kernel took them. */
  async write(text: string): Promise<boolean> {
    try {
      await this.#client?.send(text)
      return this.#client !== undefined
    } catch (error) {
      this.#failure = String(error)
      return false
    }
  }

  /** Waits for the next response, and checks it. Reports whether another request may follow. */
  async receive({ attempt, answer }: Letter): Promise<boolean> {
    if (this.#client === undefined) {
      attempt.unanswered(this.#failure)
      return false
    }
    let text: string
    try {
      text = await this.#client.until(answer)
    } catch {
      const { how, code } = await this.#client.ended
      const reason = [how, code, this.#story, this.#failure].filter(Boolean).join(' ')
      const { received } = this.#client
      if (received.length > 0) attempt.wrong(`${reason}, after ${JSON.stringify(received.slice(0, 300))}`)
      else attempt.unanswered(reason)
      return false
    }
    const end = text.indexOf('\r\n\r\n')
    const head = text.slice(0, end)
    if (!head.startsWith('HTTP/1.1 200 ') || text.length !== end + 4 + answer.length) {
      attempt.wrong(`what came was not its answer: ${JSON.stringify(text.slice(0, 300))}`)
      return false
    }
    attempt.answered()
    const closes = /^connection: close$/im.test(head)
    this.#story = `after an answer that said ${closes ? 'close' : 'keep-alive'}`
    return !closes
  }

  /** Sends one request and receives its response. Reports whether another may follow. */
  async ask(what: string, ask?: Ask): Promise<boolean> {
    const letter = this.letter(what, ask)
    await this.send(letter)
    return this.receive(letter)
  }

  destroy(): void {
    this.#client?.destroy()
  }
}

function inChunks(body: string): string {
  const half = body.length >> 1
  const chunks = [body.slice(0, half), body.slice(half)].filter((chunk) => chunk !== '')
  return `${chunks.map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`).join('')}0\r\n\r\n`
}
