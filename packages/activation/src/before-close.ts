import type { AnyServer } from '@idle-shutdown/core'

/**
 * Calls `callback` once, within the first call of `server.close()`.
 *
 * Node has no event for that: 'close' is emitted when the last connection has ended. Until then, an own property
 * shadows the method.
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
    // Another wrapper may have replaced the shadow.
    if (Reflect.get(server, 'close') !== shadow) return
    Reflect.deleteProperty(server, 'close')
    if (own !== undefined) Object.defineProperty(server, 'close', own)
  })
}
