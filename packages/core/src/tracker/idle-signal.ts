import { setMaxListeners } from 'node:events'
import { warn } from '../errors.ts'

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
export class IdleSignal extends AbortController {
  constructor() {
    super()
    // All requests share one signal: Node 20 would warn at the eleventh listener.
    setMaxListeners(0, this.signal)
    contain(this.signal)
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
  const replace = (
    name: 'addEventListener' | 'removeEventListener',
    own: (listener: AnyListener) => AnyListener,
  ): void => {
    const method = signal[name]
    // Node rejects a value that is not a listener with its own error.
    const value = (type: string, listener: unknown, options?: unknown): unknown =>
      Reflect.apply(method, signal, [type, isListener(listener) ? own(listener) : listener, options])
    Object.defineProperty(signal, name, { configurable: true, writable: true, value })
  }
  replace('addEventListener', wrap)
  replace('removeEventListener', (listener) => contained.get(listener) ?? listener)
}

function isListener(listener: unknown): listener is AnyListener {
  return typeof listener === 'function' || (typeof listener === 'object' && listener !== null)
}

function failed(error: unknown): void {
  warn('IDLE_LISTENER_FAILED', 'A listener of the idle signal failed; the drain goes on', error)
}
