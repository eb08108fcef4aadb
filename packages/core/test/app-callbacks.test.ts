import { AsyncLocalStorage } from 'node:async_hooks'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { ManualClock, turns } from '@idle-shutdown/testing'
import { expect, test } from 'vitest'
import { AppShutdown } from '../src/app-shutdown.ts'
import { refusal } from './refusal.ts'

async function listening(): Promise<Server> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

test('beforeEnd of an app that is served again is awaited at each end', async () => {
  const app = new AppShutdown({ patience: '1h' })
  const reasons: unknown[] = []
  app.beforeEnd(async ({ reason }) => {
    await turns()
    reasons.push(reason)
  })
  for (const reason of [1, 2, 3]) {
    app.watch(await listening())
    await app.close(reason)
    expect(reasons.at(-1)).toBe(reason)
  }
  expect(reasons).toEqual([1, 2, 3])
})

test('beforeEnd of an app is not called any more after its undo, at this end or a later one', async () => {
  const app = new AppShutdown({ patience: '1h' })
  const calls: string[] = []
  const first = app.beforeEnd(() => calls.push('first'))
  const second = app.beforeEnd(() => calls.push('second'))
  app.watch(await listening())
  first?.[Symbol.dispose]()
  await app.close()
  expect(calls).toEqual(['second'])
  app.watch(await listening())
  second?.[Symbol.dispose]()
  await app.close()
  expect(calls).toEqual(['second'])
})

test('beforeEnd of an app between its end and its next server returns undefined, and is of no later end', async () => {
  const app = new AppShutdown({ patience: '1h' })
  let calls = 0
  app.watch(await listening())
  await app.close()
  expect(app.beforeEnd(() => calls++)).toBeUndefined()
  app.watch(await listening())
  await app.close()
  expect(calls).toBe(0)
})

test('beforeEnd of an app whose parent signal has aborted is called when a server of it has closed', async () => {
  const app = new AppShutdown({ patience: '1h', signal: AbortSignal.abort('stop') })
  const reasons: unknown[] = []
  app.beforeEnd(({ reason }) => reasons.push(reason))
  await app.closed
  expect(reasons).toEqual(['stop'])
  const server = await listening()
  app.watch(server)
  await app.closed
  expect(server.listening).toBe(false)
  expect(reasons).toEqual(['stop', 'stop'])
})

test('beforeEnd of an app runs in the asynchronous context in which the app was made, also when a request serves it again', async () => {
  const store = new AsyncLocalStorage<string>()
  const app = store.run('maker', () => new AppShutdown({ patience: '1h' }))
  const seen: unknown[] = []
  app.beforeEnd(() => seen.push(store.getStore()))
  for (const name of ['first', 'second']) {
    const server = await listening()
    store.run(name, () => app.watch(server))
    await store.run(name, () => app.close())
  }
  expect(seen).toEqual(['maker', 'maker'])
})

test('beforeEnd of an app refuses what is not a function', () => {
  const app = new AppShutdown()
  expect(refusal(() => app.beforeEnd(Object(5)))).toContain('ERR_IDLE_INVALID_OPTION: "callback" must be a function')
})

test('onQuiet of an app that is served again waits again, and calls no function of before', async () => {
  const clock = new ManualClock()
  const app = new AppShutdown({ patience: '1h', clock })
  const calls: string[] = []
  const undo = app.onQuiet(5000, () => {
    calls.push('quiet')
    return () => calls.push('back')
  })
  // No server listens yet.
  await clock.advance(20_000)
  expect(calls).toEqual([])
  for (const expected of [['quiet'], ['quiet', 'quiet']]) {
    app.watch(await listening())
    await clock.advance(5000)
    expect(calls).toEqual(expected)
    await app.close()
  }
  app.watch(await listening())
  undo[Symbol.dispose]()
  await clock.advance(20_000)
  await app.close()
  app.watch(await listening())
  await clock.advance(20_000)
  expect(calls).toEqual(['quiet', 'quiet'])
  await app.close()
})

test('onQuiet of an app that has ended begins when the app is served again', async () => {
  const clock = new ManualClock()
  const app = new AppShutdown({ patience: '1h', clock })
  app.watch(await listening())
  await app.close()
  let calls = 0
  app.onQuiet(5000, () => ++calls)
  await clock.advance(20_000)
  expect(calls).toBe(0)
  app.watch(await listening())
  await clock.advance(5000)
  expect(calls).toBe(1)
  await app.close()
})
