import { RawClient } from '@idle-shutdown/testing'
import type { ClientConnection, SentRequest } from '../ledger/client-ledger.ts'
import { now } from '../ledger/report.ts'
import { answerTo, pathOf, type RequestSpec } from '../ledger/request-spec.ts'
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
export interface PreparedRequest {
  readonly request: SentRequest
  readonly head: string
  readonly body: string
  readonly answer: string
}

/** One HTTP/1.1 connection to the server under test. Every byte is in the ledger. */
export class Wire {
  readonly connection: ClientConnection = { openedAt: now() }
  readonly #visit: Visit
  #client: RawClient | undefined
  #failure = ''
  /** The earlier events of the connection, for the reasons in the ledger. */
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
          wire.connection.connectedAt = now()
          if (socket.localPort !== undefined) wire.connection.port = socket.localPort
          // With Nagle's algorithm, the kernel would hold data back until the server has acknowledged earlier data.
          socket.setNoDelay()
        },
      })
    } catch (error) {
      wire.#failure = `not connected: ${error}`
      visit.notListening()
    }
    return wire
  }

  get client(): RawClient | undefined {
    return this.#client
  }

  /** Creates a request and adds it to the ledger. */
  prepare(
    what: string,
    { size = 0, delay = 0, spin = 0, body, chunked = false, close = false }: Ask = {},
  ): PreparedRequest {
    const request = this.#visit.ledger.begin(what, this.connection)
    const spec: RequestSpec = { id: request.id, size, delay, spin }
    const lines = [`${body === undefined ? 'GET' : 'POST'} ${pathOf(spec)} HTTP/1.1`, 'Host: localhost']
    if (close) lines.push('Connection: close')
    if (body !== undefined) lines.push('Content-Type: text/plain')
    if (body !== undefined) lines.push(chunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${body.length}`)
    return {
      request,
      head: `${lines.join('\r\n')}\r\n\r\n`,
      body: body === undefined ? '' : chunked ? inChunks(body) : body,
      answer: answerTo(spec, body?.length ?? 0),
    }
  }

  /** Sends all of these in one piece. */
  async send(...requests: readonly PreparedRequest[]): Promise<void> {
    if (await this.write(requests.map(({ head, body }) => head + body).join(''))) this.written(...requests)
  }

  written(...requests: readonly PreparedRequest[]): void {
    for (const { request } of requests) request.writtenAt = now()
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
  async receive({ request, answer }: PreparedRequest): Promise<boolean> {
    if (this.#client === undefined) {
      request.unanswered(this.#failure)
      return false
    }
    let text: string
    try {
      text = await this.#client.until(answer)
    } catch {
      const { how, code } = await this.#client.ended
      const reason = [how, code, this.#story, this.#failure].filter(Boolean).join(' ')
      const { received } = this.#client
      if (received.length > 0) request.wrong(`${reason}, after ${JSON.stringify(received.slice(0, 300))}`)
      else request.unanswered(reason)
      return false
    }
    const end = text.indexOf('\r\n\r\n')
    const head = text.slice(0, end)
    if (!head.startsWith('HTTP/1.1 200 ') || text.length !== end + 4 + answer.length) {
      request.wrong(`the data is not the expected response: ${JSON.stringify(text.slice(0, 300))}`)
      return false
    }
    request.answered()
    const closes = /^connection: close$/im.test(head)
    this.#story = `after a response with ${closes ? 'close' : 'keep-alive'}`
    return !closes
  }

  /** Sends one request and receives its response. Reports whether another may follow. */
  async ask(what: string, ask?: Ask): Promise<boolean> {
    const prepared = this.prepare(what, ask)
    await this.send(prepared)
    return this.receive(prepared)
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
