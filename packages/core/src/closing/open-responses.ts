import { hasMethods, invalidOption, warn } from '../errors.ts'

/** An object that stays open until it closes: a response of HTTP/1 or HTTP/2, or any other stream. */
export interface Closable {
  once(event: 'close', listener: () => void): unknown
  off(event: 'close', listener: () => void): unknown
}

/** An object with `end()`, which is called by default. */
export interface Endable extends Closable {
  end(): unknown
}

interface OpenResponse {
  readonly response: Closable
  readonly end: () => unknown
}

/** The responses that end on the idle signal. A response is removed when it closes. */
export class OpenResponses {
  readonly #open = new Set<OpenResponse>()
  readonly #signal: AbortSignal

  constructor(signal: AbortSignal) {
    this.#signal = signal
  }

  /** Ends `response` when the signal aborts, or in this turn if the signal has aborted. Returns the undo. */
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
    // All responses share one listener of the signal: adding and removing a listener slows down with their number.
    if (this.#open.size === 0) this.#signal.addEventListener('abort', this.#endAll, { once: true })
    this.#open.add(entry)
    // The caller may still have something to write before it returns.
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
  if (end !== undefined && typeof end !== 'function') throw invalidOption('end', end, 'a function of the response')
  if (hasMethods(response, 'once', 'off') && (end !== undefined || hasMethods(response, 'end'))) return
  const needed = end === undefined ? "emits 'close' and has end()" : "emits 'close'"
  const hint = ['raw', 'res'].find((name) => hasMethods(Object(response)[name], 'once', 'end'))
  throw invalidOption(
    'response',
    response,
    `a response or another stream that ${needed}`,
    hint && `Pass its .${hint}`,
    'ERR_IDLE_INVALID_RESPONSE',
  )
}

/** Reports whether a response has closed. A response of HTTP/2 shows this only on its stream. */
function isClosed(response: object): boolean {
  return Object(response).destroyed === true || Object(Reflect.get(response, 'stream')).destroyed === true
}
