/** Declares work that outlasts a response. Returns a promise with its outcome. */
export type DeclareWork = (work: Promise<unknown>, label: string) => Promise<unknown>

/**
 * Provides the request contexts through which `after()` of Next and `waitUntil()` of `@vercel/functions` declare work,
 * each as a property of the global object. Leaves a context alone that the platform has provided.
 *
 * The outcome of the work stays what it is without a platform. Next logs a failure, and `@vercel/functions` leaves it
 * unhandled.
 *
 * Next does not wait for work that it has declared, not even when a signal ends it (16.4). So its context has `settled()`
 * for the preload, which resolves when no such work is left.
 *
 * @see https://nextjs.org/docs/app/api-reference/functions/after
 */
export function provideRequestContexts(declare: DeclareWork): void {
  const pending = new Set<Promise<unknown>>()
  const settled = async (): Promise<void> => {
    while (pending.size > 0) await Promise.all(pending)
  }
  provide('@next/request-context', { settled }, (work) => {
    const declared: Promise<unknown> = declare(work, 'after')
      .catch(console.error)
      .then(() => pending.delete(declared))
    pending.add(declared)
  })
  provide('@vercel/request-context', {}, (work) => void declare(work, 'waitUntil'))
}

function provide(name: string, more: object, waitUntil: (work: Promise<unknown>) => void): void {
  const key = Symbol.for(name)
  if (key in globalThis) return
  const context = { waitUntil }
  const value = { ...more, get: () => context }
  Object.defineProperty(globalThis, key, { value, writable: true, configurable: true })
}
