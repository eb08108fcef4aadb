import { hasMethods, IdleUsageError, refused, showValue, warn } from './errors.ts'

/** What stays open until it closes: a response of HTTP/1 or HTTP/2, or any other stream. */
export interface Closable {
  once(event: 'close', listener: () => void): unknown
  off(event: 'close', listener: () => void): unknown
}

/** What is ended by `end()`, which is the default. */
export interface Endable extends Closable {
  end(): unknown
}

interface OpenResponse {
  readonly response: Closable
  readonly end: () => unknown
}

/** Responses that end with the idle signal. Each is forgotten when it closes. */
export class OpenResponses {
  readonly #open = new Set<OpenResponse>()
  readonly #signal: AbortSignal

  constructor(signal: AbortSignal) {
    this.#signal = signal
  }

  /** Ends `response` when the signal aborts, or in this turn if it has. Returns the undo. */
  add<T extends Closable>(response: T, end: ((response: T) => unknown) | undefined): Disposable {
    check(response, end)
    if (isClosed(response)) return { [Symbol.dispose]() {} }
    const entry: OpenResponse = {
      response,
      end: () => (end === undefined ? Object(response).end() : end(response)),
    }
    const forget = (): void => {
      this.#open.delete(entry)
      response.off('close', forget)
    }
    response.once('close', forget)
    // One listener of the signal for all of them: adding and removing one slows down with the number of those that are there.
    if (this.#open.size === 0) this.#signal.addEventListener('abort', this.#endAll, { once: true })
    this.#open.add(entry)
    // Not before the caller returns, which may still have something to write.
    if (this.#signal.aborted) process.nextTick(this.#endAll)
    return { [Symbol.dispose]: forget }
  }

  readonly #endAll = (): void => {
    for (const entry of this.#open) {
      this.#open.delete(entry)
      if (Reflect.get(entry.response, 'writableEnded') !== true) void this.#end(entry)
    }
  }

  async #end({ end }: OpenResponse): Promise<void> {
    try {
      await end()
    } catch (error) {
      warn('IDLE_LISTENER_FAILED', 'A response could not be ended on the idle signal; the drain goes on', error)
    }
  }
}

function check(response: unknown, end: unknown): void {
  if (end !== undefined && typeof end !== 'function') throw refused('end', end, 'a function of the response')
  if (hasMethods(response, 'once', 'off') && (end !== undefined || hasMethods(response, 'end'))) return
  const needed = end === undefined ? "emits 'close' and has end()" : "emits 'close'"
  const hint = ['raw', 'res'].find((name) => hasMethods(Object(response)[name], 'once', 'end'))
  throw new IdleUsageError(
    'ERR_IDLE_INVALID_RESPONSE',
    `"response" must be a response or another stream that ${needed}. Received ${showValue(response)}${hint ? `. Pass its .${hint}` : ''}`,
  )
}

/** A response of HTTP/2 shows it by its stream only. */
function isClosed(response: object): boolean {
  return Object(response).destroyed === true || Object(Reflect.get(response, 'stream')).destroyed === true
}
