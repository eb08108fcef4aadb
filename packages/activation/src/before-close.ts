import type { AnyServer } from '@idle-shutdown/core'

/**
 * Calls `callback` once, in the very call of `server.close()`, whoever makes it. Node has no event for that: 'close' comes
 * when the last connection has ended. An own property shadows the method until then.
 */
export function beforeClose(server: AnyServer, callback: () => void): void {
  const { close } = server
  const own = Object.getOwnPropertyDescriptor(server, 'close')
  let called = false
  const shadow = (...args: unknown[]): unknown => {
    if (!called) {
      called = true
      callback()
    }
    return Reflect.apply(close, server, args)
  }
  Object.defineProperty(server, 'close', { value: shadow, configurable: true, writable: true })
  server.once('close', () => {
    // Somebody may have wrapped it in turn.
    if (Reflect.get(server, 'close') !== shadow) return
    Reflect.deleteProperty(server, 'close')
    if (own !== undefined) Object.defineProperty(server, 'close', own)
  })
}
