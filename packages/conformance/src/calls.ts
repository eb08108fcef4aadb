import type { Handler, Request, Response } from './subject.ts'

/** More than the machine takes for a reader that does not read: 3 to 5 MB, on Linux. */
export const BIG: Buffer = Buffer.alloc(10_000_000, 'x')

/** A request that has reached the handler and waits for the test to answer it. */
export class Call {
  readonly request: Request
  readonly response: Response
  /** The response has closed, answered or not. Node 20 and 22 never say so of queued ones whose connection was lost. */
  readonly closed: Promise<unknown>
  /** The socket has closed. */
  readonly disconnected: Promise<unknown>

  constructor(request: Request, response: Response) {
    this.request = request
    this.response = response
    this.closed = new Promise((resolve) => response.once('close', resolve))
    this.disconnected = new Promise((resolve) => request.socket.once('close', resolve))
  }

  get url(): string {
    return this.request.url ?? ''
  }

  /** Reads the request's body to its end. */
  async body(): Promise<string> {
    let text = ''
    for await (const chunk of this.request) text += String(chunk)
    return text
  }

  /** Answers with 200 and one line. */
  async answer(): Promise<void> {
    reply(this.url, this.response)
    await this.closed
  }
}

/** The handler under the test's control: `/now…` is answered at once, everything else waits to be taken with `next()`. */
export class Calls {
  readonly #arrived: Call[] = []
  readonly #takers: ((call: Call) => void)[] = []

  readonly handler: Handler = (request, response) => {
    // A client that goes away is no failure of the test.
    request.on('error', () => {})
    response.on('error', () => {})
    const call = new Call(request, response)
    if (call.url.startsWith('/now')) {
      reply(call.url, response)
      return
    }
    const taker = this.#takers.shift()
    if (taker === undefined) this.#arrived.push(call)
    else taker(call)
  }

  /** The next request that has come or comes. */
  async next(): Promise<Call> {
    return this.#arrived.shift() ?? new Promise((resolve) => this.#takers.push(resolve))
  }

  /** How many requests wait to be taken. */
  get waiting(): number {
    return this.#arrived.length
  }
}

/** What `/path` is answered with. */
export function answerTo(path: string): string {
  return `answer to ${path}\n`
}

function reply(path: string, response: Response): void {
  const body = answerTo(path)
  response.setHeader('content-length', body.length)
  response.end(body)
}

/** A turn of the event loop, in which Node accepts at most one connection. */
export async function turn(): Promise<void> {
  await new Promise(setImmediate)
}
