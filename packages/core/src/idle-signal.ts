import { setMaxListeners } from 'node:events'
import { warn } from './errors.ts'

/**
 * An AbortController whose listeners cannot end the process by throwing.
 *
 * Node turns an exception of an `EventTarget` listener into an uncaught exception. It would end the process in the
 * middle of the drain, with requests in progress. Here it becomes a process warning.
 *
 * Only covers listeners of this signal, not those of signals that are derived from it.
 *
 * @see https://nodejs.org/api/events.html#eventtarget-error-handling
 */
export class IdleSignal {
  readonly #controller = new AbortController()

  constructor() {
    const { signal } = this.#controller
    // All requests share one signal: Node 20 would warn at the eleventh listener.
    setMaxListeners(0, signal)
    contain(signal)
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  abort(reason?: unknown): void {
    this.#controller.abort(reason)
  }
}

type Listener = (event: Event) => unknown
type AnyListener = Listener | { handleEvent: Listener }

/** Replaces the two listener methods of this one signal, so that each listener is called in a try. */
function contain(signal: AbortSignal): void {
  const contained = new WeakMap<object, Listener>()
  const wrap = (listener: AnyListener): Listener => {
    const known = contained.get(listener)
    if (known !== undefined) return known
    const safe = function (this: unknown, event: Event): void {
      try {
        const handle = typeof listener === 'function' ? listener : listener.handleEvent
        const result: unknown = Reflect.apply(handle, typeof listener === 'function' ? this : listener, [event])
        // The result may be a promise of another realm.
        Promise.resolve(result).catch(failed)
      } catch (error) {
        failed(error)
      }
    }
    contained.set(listener, safe)
    return safe
  }
  const add = signal.addEventListener
  const remove = signal.removeEventListener
  const isListener = (listener: unknown): listener is AnyListener =>
    typeof listener === 'function' || (typeof listener === 'object' && listener !== null)
  // Node rejects a value that is not a listener with its own error.
  Object.defineProperties(signal, {
    addEventListener: {
      configurable: true,
      writable: true,
      value: (type: string, listener: unknown, options?: unknown) =>
        Reflect.apply(add, signal, [type, isListener(listener) ? wrap(listener) : listener, options]),
    },
    removeEventListener: {
      configurable: true,
      writable: true,
      value: (type: string, listener: unknown, options?: unknown) =>
        Reflect.apply(remove, signal, [
          type,
          isListener(listener) ? (contained.get(listener) ?? listener) : listener,
          options,
        ]),
    },
  })
}

function failed(error: unknown): void {
  warn('IDLE_LISTENER_FAILED', 'A listener of the idle signal failed; the drain goes on', error)
}
