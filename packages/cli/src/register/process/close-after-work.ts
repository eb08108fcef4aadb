import type { AnyServer } from '@idle-shutdown/core'

/** The request context that core provides, unless a platform has provided another. */
const CONTEXT = Symbol.for('@next/request-context')

/**
 * Delays the callbacks of `close()` of the servers until the work is over that `after()` of Next has declared. Called at
 * a signal, before the listeners of the program.
 *
 * Without a request context, Next itself waits for this work, for any time, when its server has closed, and then ends the
 * process. With one, Next leaves the wait to the platform, and ends the process when its server has closed (16.4).
 */
export function closeAfterWork(servers: Iterable<AnyServer>): void {
  const settled: unknown = Object(Reflect.get(globalThis, CONTEXT)).settled
  if (typeof settled !== 'function') return
  for (const server of servers) {
    const { close } = server
    Reflect.set(server, 'close', (callback?: (error?: Error) => void): unknown => {
      if (typeof callback !== 'function') return Reflect.apply(close, server, [])
      const delayed = async (error?: Error): Promise<void> => {
        await settled()
        callback.call(server, error)
      }
      return Reflect.apply(close, server, [delayed])
    })
  }
}
