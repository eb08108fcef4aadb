import { setMaxListeners } from 'node:events'
import { warn } from './errors.ts'

/**
 * An AbortController whose listeners cannot end the process by throwing.
 *
 * Node rethrows what a listener of an `EventTarget` throws as an uncaught exception, which would end the process in the
 * middle of the drain, with requests in its hands. Here it becomes a process warning. Only listeners of this very signal
 * are looked after, not those of signals that were derived from it.
 *
 * @see https://nodejs.org/api/events.html#eventtarget-error-handling
 */
export class IdleSignal {
  readonly #controller = new AbortController()

  constructor() {
    const { signal } = this.#controller
    // One signal for every request: Node 20 would warn at the eleventh listener.
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

/** Shadows the two methods of this one signal, so that each listener is called in a try. */
function contain(signal: AbortSignal): void {
  const contained = new WeakMap<object, Listener>()
  const wrap = (listener: AnyListener): Listener => {
    const known = contained.get(listener)
    if (known !== undefined) return known
    const safe = function (this: unknown, event: Event): void {
      try {
        const handle = typeof listener === 'function' ? listener : listener.handleEvent
        const result: unknown = Reflect.apply(handle, typeof listener === 'function' ? this : listener, [event])
        // Whatever it is a promise of, and of whichever realm.
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
  // Anything that is no listener goes to Node, which says so.
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
