import { AsyncLocalStorage } from 'node:async_hooks'
import { once } from 'node:events'
import { turns, Warnings } from '@idle-shutdown/testing'
import { expect, test, vi } from 'vitest'
import { IdleTracker } from '../src/tracker/idle-tracker.ts'
import { runProgram } from './run-program.ts'

// Tests of the default clock only. Everything that an injected clock can show is tested beside the sources.

test('ends none of 1,000 trackers early by performance.now()', async () => {
  const trials = Array.from({ length: 1000 }, async (_, trial) => {
    const patience = 20 + (trial % 50) / 10
    const tracker = new IdleTracker({ patience, startupPatience: 5 + (trial % 7) })
    const hold = tracker.hold()
    await turns(1 + (trial % 5))
    const released = performance.now()
    hold.release()
    await once(tracker.signal, 'abort')
    return performance.now() - released - patience
  })
  const early = (await Promise.all(trials)).filter((ms) => ms < 0)
  expect(early).toEqual([])
})

test('keeps 1,000 first deadlines by performance.now()', async () => {
  const trials = Array.from({ length: 1000 }, async (_, trial) => {
    const patience = 20 + (trial % 50) / 10
    const begin = performance.now()
    await once(new IdleTracker({ patience }).signal, 'abort')
    return performance.now() - begin - patience
  })
  const early = (await Promise.all(trials)).filter((ms) => ms < 0)
  expect(early).toEqual([])
})

test.each([-86_400_000, 86_400_000])('is not affected on the clock of Node when Date is moved by %d ms', async (ms) => {
  vi.useFakeTimers({ toFake: ['Date'] })
  try {
    const begin = performance.now()
    const tracker = new IdleTracker({ patience: 1000 })
    vi.setSystemTime(Date.now() + ms)
    await once(tracker.signal, 'abort')
    // The end does not take another patience.
    expect(performance.now() - begin).toBeLessThan(2000)
  } finally {
    vi.useRealTimers()
  }
})

test('calls abort listeners and confirm in the store in which the tracker was made', async () => {
  const store = new AsyncLocalStorage<string>()
  const seen: Record<string, string | undefined> = {}
  const confirm = async (): Promise<boolean> => {
    seen['confirm'] = store.getStore()
    return true
  }
  const tracker = store.run('maker', () => new IdleTracker({ patience: 20, startupPatience: '1h', confirm }))
  const ended = store.run('listener', async () => {
    tracker.signal.addEventListener('abort', () => {
      seen['listener'] = store.getStore()
    })
    await once(tracker.signal, 'abort')
  })
  // The last request sets the timer.
  store.run('last request', () => tracker.hold().release())
  await ended
  expect(seen).toEqual({ confirm: 'maker', listener: 'maker' })
})

test('calls abort listeners in that store when the parent aborts', () => {
  const store = new AsyncLocalStorage<string>()
  const parent = new AbortController()
  const tracker = store.run('maker', () => new IdleTracker({ signal: parent.signal }))
  let seen: string | undefined
  tracker.signal.addEventListener('abort', () => {
    seen = store.getStore()
  })
  store.run('aborter', () => parent.abort())
  expect(seen).toBe('maker')
})

test.each(['30d', 2 ** 31, 2 ** 40] as const)(
  'a patience of %o brings no warning and no early end',
  async (patience) => {
    using warnings = new Warnings()
    using tracker = new IdleTracker({ patience })
    const begin = performance.now()
    while (performance.now() - begin < 10) await turns()
    expect(tracker.signal.aborted).toBe(false)
    expect(warnings.list).toEqual([])
  },
)

test.each([
  ['an armed tracker', `new IdleTracker({ patience: '15m' })`],
  ['a hold that is not released', `new IdleTracker({ patience: '15m' }).hold('job', { maxAge: '1h' })`],
  ['a confirm that never settles', `new IdleTracker({ patience: '1ms', confirm: () => new Promise(() => {}) })`],
  ['a tracker with a parent', `new IdleTracker({ signal: new AbortController().signal })`],
  ['a server that never listens', `idleShutdown((await import('node:http')).createServer(), { patience: '15m' })`],
])('%s keeps no process running', async (_, source) => {
  const begin = performance.now()
  const { code, stderr } = await runProgram(`${source}; process.on('exit', () => console.log('end'))`)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(performance.now() - begin).toBeLessThan(15_000)
})
