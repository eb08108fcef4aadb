import type { Handler, Request, Response } from './subject.ts'

/** A body larger than the kernel buffers for a client that does not read (3 to 5 MB on Linux). */
export const BIG: Buffer = Buffer.alloc(10_000_000, 'x')

/** A request that has reached the handler, and that the test answers. */
export class PendingRequest {
  readonly request: Request
  readonly response: Response
  /**
   * Resolves when the response has closed, answered or not. Never resolves for queued responses of a lost connection
   * (Node 20-22).
   */
  readonly closed: Promise<unknown>
  /** Resolves when the socket has closed. */
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

/**
 * A handler that the test controls. It answers `/now…` at once. All other requests wait until the test takes them with
 * `next()`.
 */
export class PendingRequests {
  readonly #arrived: PendingRequest[] = []
  readonly #takers: ((pending: PendingRequest) => void)[] = []

  readonly handler: Handler = (request, response) => {
    // A client that disconnects must not fail the test.
    request.on('error', () => {})
    response.on('error', () => {})
    const pending = new PendingRequest(request, response)
    if (pending.url.startsWith('/now')) {
      reply(pending.url, response)
      return
    }
    const taker = this.#takers.shift()
    if (taker === undefined) this.#arrived.push(pending)
    else taker(pending)
  }

  /** Returns the oldest request that was not taken, or waits for the next one. */
  async next(): Promise<PendingRequest> {
    return this.#arrived.shift() ?? new Promise((resolve) => this.#takers.push(resolve))
  }

  /** The number of requests that were not taken yet. */
  get waiting(): number {
    return this.#arrived.length
  }
}

/** Returns the response body for a path. */
export function answerTo(path: string): string {
  return `answer to ${path}\n`
}

function reply(path: string, response: Response): void {
  const body = answerTo(path)
  response.setHeader('content-length', body.length)
  response.end(body)
}
