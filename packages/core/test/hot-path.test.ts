import { AsyncLocalStorage } from 'node:async_hooks'
import { once } from 'node:events'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import { idleShutdown, internals } from '../src/idle-shutdown.ts'
import { PATIENCE, startCountdown } from './start-countdown.ts'

describe('with 100,000 requests within one patience', () => {
  test('one at a time: takes one timer operation, and reads the clock each time the count falls to zero', async () => {
    const { clock, countdown } = startCountdown()
    const { timerOperations, reads } = clock
    for (let request = 0; request < 100_000; request++) {
      countdown.start('active')
      countdown.finish('active')
    }
    expect(clock.timerOperations - timerOperations).toBeLessThanOrEqual(1)
    expect(clock.reads - reads).toBeLessThanOrEqual(100_000)
  })

  test('while another is in progress: takes no timer operation, and does not read the clock', () => {
    const { clock, countdown } = startCountdown()
    countdown.start('active')
    const { timerOperations, reads } = clock
    for (let request = 0; request < 100_000; request++) {
      countdown.start('active')
      countdown.finish('active')
      countdown.start('ignored')
      countdown.finish('ignored')
      countdown.start('hold')
      countdown.cancel('hold')
      countdown.start('active')
      countdown.cancel('active')
    }
    expect(clock.timerOperations).toBe(timerOperations)
    expect(clock.reads).toBe(reads)
  })

  test('spread over the whole patience: takes one more timer operation, when the timer fires', async () => {
    const { clock, countdown, ends } = startCountdown()
    const { timerOperations } = clock
    for (let request = 0; request < 100_000; request++) {
      countdown.start('active')
      clock.step(PATIENCE / 100_000)
      countdown.finish('active')
    }
    expect(clock.timerOperations - timerOperations).toBeLessThanOrEqual(1)
    await clock.advance(2 * PATIENCE)
    expect(ends).toHaveLength(1)
  })

  test('after a longer startup patience: takes one timer operation, the first time', () => {
    const { clock, countdown } = startCountdown({ startupPatience: '1h' })
    const { timerOperations } = clock
    for (let request = 0; request < 100_000; request++) {
      countdown.start('active')
      countdown.finish('active')
    }
    // The timer for the first deadline is cleared, and another one is set.
    expect(clock.timerOperations - timerOperations).toBe(2)
  })
})

describe('keeps nothing of a request, so that its store of AsyncLocalStorage is collected', () => {
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')
  const PATIENCE = 150

  /** Serves one request that outlasts the patience, in a store of its own, and short ones after it. */
  async function serve(during: (idle: ReturnType<typeof idleShutdown>) => void): Promise<{
    readonly idle: ReturnType<typeof idleShutdown>
    readonly store: WeakRef<object>
  }> {
    const storage = new AsyncLocalStorage<object>()
    let store: WeakRef<object> | undefined
    const server = createServer((request, response) => {
      const big = { map: new Array(100_000).fill(0) }
      const long = request.url === '/long'
      if (long) store = new WeakRef(big)
      storage.run(big, () => {
        if (long) during(idle)
        setTimeout(() => response.end(), long ? 2 * PATIENCE : 1)
      })
    })
    const idle = idleShutdown(server, { patience: PATIENCE, startupPatience: '1h' })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const ask = async (path: string): Promise<void> => {
      const [response] = await once(request({ port, path, agent: false, host: '127.0.0.1' }).end(), 'response')
      response.resume()
      await once(response, 'end')
    }
    await ask('/long')
    await ask('/short')
    if (store === undefined) throw new Error('No request has arrived')
    return { idle, store }
  }

  async function isCollected(store: WeakRef<object>): Promise<boolean> {
    for (let tries = 0; tries < 100; tries++) {
      await delay(10)
      collect()
      if (store.deref() === undefined) return true
    }
    return false
  }

  test('while the server continues', async () => {
    const { idle, store } = await serve(() => {})
    const hold = idle.tracker.hold()
    expect(await isCollected(store)).toBe(true)
    expect(idle.signal.aborted).toBe(false)
    hold.release()
    await idle.closed
    internals(idle).cancelStillRunningWarning()
  })

  test('after the idle end', async () => {
    const { idle, store } = await serve(() => {})
    await idle.closed
    expect(await isCollected(store)).toBe(true)
    internals(idle).cancelStillRunningWarning()
  })

  test('while a hold that the request took continues, with a long maxAge', async () => {
    const holds: Disposable[] = []
    const { idle, store } = await serve(({ tracker }) => holds.push(tracker.hold('kept', { maxAge: '1h' })))
    expect(await isCollected(store)).toBe(true)
    for (const hold of holds) hold[Symbol.dispose]()
    await idle.closed
    internals(idle).cancelStillRunningWarning()
  })
})
