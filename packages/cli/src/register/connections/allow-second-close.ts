import type { EventEmitter } from 'node:events'
import type { AnyServer } from '@idle-shutdown/core'

/**
 * Lets the program close a server that this package closes, as if the server still listened.
 *
 * `close()` calls back without an error once the server is closed, and calls only the listeners of `'close'` that were
 * added since. Node's own would pass `ERR_SERVER_NOT_RUNNING` and call all listeners again (Node 20-26). A shutdown
 * handler often passes this error to `process.exit()`, so that a clean end would be a failure.
 *
 * Called before the server emits `'close'`. Not undone, because the process ends.
 */
export function allowSecondClose(server: AnyServer): void {
  let called: Set<unknown> | undefined
  const emitter: EventEmitter = server
  emitter.prependOnceListener('close', () => {
    called = new Set(emitter.rawListeners('close'))
  })
  const { close } = server
  const closeAgain = (callback?: unknown): AnyServer => {
    if (server.listening) return Reflect.apply(close, server, [callback])
    if (typeof callback === 'function') emitter.once('close', () => callback())
    const known = called
    if (known !== undefined) process.nextTick(() => callNew(emitter, known))
    return server
  }
  Object.defineProperty(server, 'close', { value: closeAgain, configurable: true, writable: true })
}

/** Calls the listeners of `'close'` that are not among `called`, and adds them. */
function callNew(server: EventEmitter, called: Set<unknown>): void {
  for (const listener of server.rawListeners('close')) {
    if (called.has(listener)) continue
    called.add(listener)
    Reflect.apply(listener, server, [])
  }
}
