import { turns } from '@idle-shutdown/testing'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { IdleShutdown } from '../src/index.ts'
import { waitUntilPlugin } from '../src/process-wide.ts'
import { refusal } from './refusal.ts'

let idle = new IdleShutdown([], { patience: '1h' })
const labels = (): string[] => idle.tracker.explain().reasons.map(({ label }) => label)

afterEach(async () => {
  await idle.close()
  idle = new IdleShutdown([], { patience: '1h' })
})

/** Work that the test ends. */
function work(): { promise: Promise<void>; resolve: () => void; reject: (error: Error) => void } {
  let resolve = (): void => {}
  let reject = (_error: Error): void => {}
  const promise = new Promise<void>((done, failed) => {
    resolve = done
    reject = failed
  })
  return { promise, resolve, reject }
}

/** Returns the `waitUntil` of a request context, as its framework reads it. */
function contextOf(name: string): (work: Promise<unknown>) => void {
  return Reflect.get(globalThis, Symbol.for(name)).get().waitUntil
}

describe.each([
  ['@next/request-context', 'after'],
  ['@vercel/request-context', 'waitUntil'],
])('%s', (name, label) => {
  test('work that is declared by it holds until it has settled', async () => {
    const { promise, resolve } = work()
    contextOf(name)(promise)
    expect(labels()).toEqual([label])
    resolve()
    await turns()
    expect(labels()).toEqual([])
  })

  test('is left alone if the platform has provided it', () => {
    const key = Symbol.for(name)
    const ours = Reflect.get(globalThis, key)
    const theirs = { get: () => undefined }
    Reflect.set(globalThis, key, theirs)
    new IdleShutdown([], { patience: '1h' })
    expect(Reflect.get(globalThis, key)).toBe(theirs)
    Reflect.set(globalThis, key, ours)
  })
})

test('a failure of work that Next declares is printed, as Next itself would do', async () => {
  const error = vi.spyOn(console, 'error').mockImplementation(() => {})
  const { promise, reject } = work()
  contextOf('@next/request-context')(promise)
  reject(new Error('after'))
  await turns()
  expect(error).toHaveBeenCalledWith(expect.objectContaining({ message: 'after' }))
  expect(labels()).toEqual([])
  error.mockRestore()
})

describe('waitUntilPlugin', () => {
  test.each([undefined, {}, { hooks: {} }])('that is called with %o throws', (app) => {
    expect(refusal(() => Reflect.apply(waitUntilPlugin, undefined, [app]))).toMatch(
      /^ERR_IDLE_INVALID_OPTION: "app" must be a server of srvx or an app of Nitro\. Received /,
    )
  })

  type Middleware = <T>(request: Asked, next: () => T) => T
  interface Asked {
    readonly method: string
    readonly url: string
    waitUntil?: ((work: Promise<unknown>) => void) | undefined
  }

  /** Returns a request as a fetch handler of srvx with this plugin gets it. */
  function asked(own?: (work: Promise<unknown>) => void): Asked {
    const middleware: Middleware[] = []
    waitUntilPlugin({ options: { middleware } })
    const request: Asked = { method: 'GET', url: 'http://a/jobs?token=secret', waitUntil: own }
    expect(middleware[0]?.(request, () => 'response')).toBe('response')
    return request
  }

  test('a request of srvx holds until its work has settled, and is also given to srvx', async () => {
    const own = vi.fn()
    const { promise, reject } = work()
    asked(own).waitUntil?.(promise)
    expect(labels()).toEqual(['waitUntil GET /jobs'])
    expect(own).toHaveBeenCalledWith(promise)
    promise.catch(() => {})
    // srvx prints the failure.
    reject(new Error('job'))
    await turns()
    expect(labels()).toEqual([])
  })

  test('a request whose framework has no waitUntil gets one', async () => {
    const { promise, resolve } = work()
    asked().waitUntil?.(promise)
    expect(labels()).toHaveLength(1)
    resolve()
    await turns()
    expect(labels()).toEqual([])
  })

  test('a value that is not a promise is left to the framework', () => {
    const own = vi.fn()
    Reflect.apply(asked(own).waitUntil ?? own, undefined, [5])
    expect(own).toHaveBeenCalledWith(5)
    expect(labels()).toEqual([])
  })

  test.each([
    [
      'Nitro 2',
      () => {
        const context: { waitUntil?: (work: Promise<unknown>) => void } = {}
        const req = { headers: { host: 'a' } }
        return { event: { method: 'POST', path: '/jobs?token=secret', context, req }, declare: () => context.waitUntil }
      },
    ],
    [
      'Nitro 3',
      () => {
        const req: Request & { waitUntil?: (work: Promise<unknown>) => void } = new Request(
          'http://a/jobs?token=secret',
          {
            method: 'POST',
          },
        )
        return { event: { req }, declare: () => req.waitUntil }
      },
    ],
  ])('an event of %s holds until its work has settled', async (_, make) => {
    const handlers: ((event: object) => void)[] = []
    waitUntilPlugin({ hooks: { hook: (name, handle) => name === 'request' && handlers.push(handle) } })
    const { event, declare } = make()
    for (const handle of handlers) handle(event)
    const { promise, resolve } = work()
    declare()?.(promise)
    expect(labels()).toEqual(['waitUntil POST /jobs'])
    resolve()
    await turns()
    expect(labels()).toEqual([])
  })
})
