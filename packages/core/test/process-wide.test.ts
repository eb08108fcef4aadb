import { fork } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { Worker } from 'node:worker_threads'
import { ManualClock, turns, until, Warnings } from '@idle-shutdown/testing'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { internals } from '../src/idle-shutdown.ts'
import { IdleShutdown, IdleTracker } from '../src/index.ts'
import { beforeEnd, explain, hold, touch, waitUntil } from '../src/process-wide.ts'
import { refusal } from './refusal.ts'

const PATIENCE = 60_000
const made: IdleShutdown[] = []

/** Makes a watch without a server, whose clock stands still. */
function watch(options: ConstructorParameters<typeof IdleShutdown>[1] = {}): IdleShutdown {
  const idle = new IdleShutdown([], { patience: PATIENCE, ...options })
  made.push(idle)
  return idle
}

/** Makes a watch of a server that listens. */
async function listening(options: ConstructorParameters<typeof IdleShutdown>[1] = {}): Promise<IdleShutdown> {
  const server = createServer()
  const idle = new IdleShutdown(server, { patience: PATIENCE, ...options })
  made.push(idle)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return idle
}

afterEach(async () => {
  await Promise.all(made.splice(0).map((idle) => idle.close()))
})

describe('if nothing is watched', () => {
  test('a hold can be released, and touch() and explain() do nothing', () => {
    const held = hold('unwatched', { maxAge: '1h' })
    expect(held.label).toBe('unwatched')
    held.release()
    held.cancel()
    touch()
    expect(explain()).toBeUndefined()
  })

  test('waitUntil() returns the outcome', async () => {
    await expect(waitUntil(Promise.resolve(5))).resolves.toBe(5)
    await expect(waitUntil(Promise.reject(new Error('job')))).rejects.toThrow('job')
  })

  test('beforeEnd() returns undefined, and calls nothing at a later end', async () => {
    const callback = vi.fn()
    expect(beforeEnd(callback)).toBeUndefined()
    await (await listening()).close()
    expect(callback).not.toHaveBeenCalled()
  })

  test('a hold that is too old ends without a warning', async () => {
    using warnings = new Warnings()
    hold('old', { maxAge: '1ms' })
    await new Promise((resolve) => setTimeout(resolve, 20))
    await turns()
    expect(warnings.codes).not.toContain('IDLE_HOLD_EXPIRED')
    expect(watch().tracker.active).toBe(0)
  })
})

test.each([
  ['hold', () => hold('a', { maxAge: 'soon' as '1s' }), 'ERR_IDLE_INVALID_DURATION'],
  ['hold', () => hold(5 as unknown as string), 'ERR_IDLE_INVALID_OPTION'],
  ['hold', () => hold('a', { age: 5 } as object), 'ERR_IDLE_UNKNOWN_OPTION'],
  ['beforeEnd', () => beforeEnd('no' as unknown as () => void), 'ERR_IDLE_INVALID_OPTION'],
])('%s() throws a coded error for a wrong value, whether or not something is watched', (_, call, code) => {
  expect(refusal(call)).toMatch(code)
  const idle = watch()
  expect(refusal(call)).toMatch(code)
  expect(idle.tracker.active).toBe(0)
})

test('a hold keeps each watch active, and one release ends it at each', () => {
  const [one, other] = [watch(), watch()]
  const held = hold('report')
  for (const { tracker } of [one, other]) expect(tracker.explain().reasons).toMatchObject([{ label: 'report' }])
  held.release()
  held.release()
  expect([one.tracker.active, other.tracker.active]).toEqual([0, 0])
})

test('a hold that is cancelled leaves the deadline of each watch', async () => {
  const clock = new ManualClock()
  const idle = await listening({ clock })
  const { deadline } = idle.tracker
  await clock.advance(1000)
  hold().cancel()
  expect(idle.tracker.deadline).toEqual(deadline)
  hold().release()
  expect(idle.tracker.deadline).not.toEqual(deadline)
})

test('a hold that is taken before the first watch is taken over by each watch that is made', () => {
  const held = hold('early')
  const [one, other] = [watch(), watch()]
  expect([one.tracker.active, other.tracker.active]).toEqual([1, 1])
  held.release()
  expect([one.tracker.active, other.tracker.active]).toEqual([0, 0])
  expect(watch().tracker.active).toBe(0)
})

test('a watch that was made after an end is reached, and the one that has closed is not', async () => {
  const first = await listening()
  await first.close()
  expect(explain()).toBeUndefined()
  const second = await listening()
  const held = hold('later')
  expect(first.tracker.active).toBe(0)
  expect(second.tracker.active).toBe(1)
  held.release()
})

test('a hold that is too old is released at each watch, with one warning', async () => {
  using warnings = new Warnings()
  const [one, other] = [watch(), watch()]
  hold('old', { maxAge: '1ms' })
  await until(
    () => one.tracker.active === 0,
    () => 'never released',
  )
  expect(other.tracker.active).toBe(0)
  await turns()
  expect(warnings.codes.filter((code) => code === 'IDLE_HOLD_EXPIRED')).toHaveLength(1)
})

test('touch() moves the deadline of each watch', async () => {
  const clock = new ManualClock()
  const [one, other] = [await listening({ clock }), await listening({ clock })]
  await clock.advance(1000)
  touch()
  for (const { tracker } of [one, other]) expect(tracker.explain().remaining).toBe(PATIENCE)
})

test('explain() is of the watch that ends last: one that is active, or one with the latest deadline', async () => {
  watch()
  expect(explain()?.state).toBe('starting')
  await listening({ patience: '2h' })
  const short = await listening({ patience: '1h' })
  expect(explain()).toMatchObject({ state: 'waiting', patience: 7_200_000 })
  const held = short.tracker.hold('of one')
  expect(explain()).toMatchObject({ state: 'active', patience: 3_600_000, reasons: [{ label: 'of one' }] })
  held.release()
  expect(explain()).toMatchObject({ patience: 7_200_000 })
})

test('waitUntil() holds until the promise settles, and returns its outcome', async () => {
  const { tracker } = watch()
  const { promise, resolve } = resolvable()
  const outcome = waitUntil(promise, 'job')
  expect(tracker.explain().reasons).toMatchObject([{ kind: 'hold', label: 'job' }])
  resolve('done')
  await expect(outcome).resolves.toBe('done')
  expect(tracker.active).toBe(0)
})

test('a watch that has left the process is not reached', () => {
  const idle = watch()
  internals(idle).leaveProcess()
  const held = hold()
  expect(idle.tracker.active).toBe(0)
  held.release()
})

describe('beforeEnd() of the process', () => {
  test('is awaited once, at the end of the last of several watches that run', async () => {
    const [one, other] = [await listening(), await listening()]
    // It has no server, so it keeps nothing up.
    watch()
    const reports: unknown[] = []
    beforeEnd(async ({ reason }) => {
      await turns()
      reports.push(reason)
    })
    await one.close('first')
    expect(reports).toEqual([])
    await other.close('last')
    expect(reports).toEqual(['last'])
  })

  test('is awaited by a watch that was made after the call', async () => {
    watch()
    const callback = vi.fn()
    beforeEnd(callback)
    await (await listening()).close()
    expect(callback).toHaveBeenCalledTimes(1)
  })

  test('is called once if all watches end at once, and each waits for it', async () => {
    const watches = [await listening(), await listening()]
    let calls = 0
    let done = false
    beforeEnd(async () => {
      calls++
      await turns()
      done = true
    })
    await Promise.all(watches.map((idle) => idle.close().then(() => expect(done).toBe(true))))
    expect(calls).toBe(1)
  })

  test('that fails is one warning', async () => {
    using warnings = new Warnings()
    const watches = [await listening(), await listening()]
    beforeEnd(() => {
      throw new Error('flush')
    })
    await Promise.all(watches.map((idle) => idle.close()))
    await turns()
    expect(warnings.codes.filter((code) => code === 'IDLE_BEFORE_END_FAILED')).toHaveLength(1)
  })

  test('is not called after its undo', async () => {
    const idle = await listening()
    const callback = vi.fn()
    beforeEnd(callback)?.[Symbol.dispose]()
    await idle.close()
    await (await listening()).close()
    expect(callback).not.toHaveBeenCalled()
  })
})

describe.each([
  ['of a tracker', () => new IdleTracker({ patience: PATIENCE })],
  [
    'of the process',
    () => {
      const idle = watch()
      return { waitUntil, explain: () => idle.tracker.explain() }
    },
  ],
] as const)('waitUntil() %s', (_, make) => {
  const child = () => fork('', ['secret'], { execArgv: ['-e', 'process.on("message", () => process.exit())'] })
  const labels = (tracker: ReturnType<typeof make>) => tracker.explain().reasons.map(({ label }) => label)

  test('holds until a child process exits, under its command without arguments', async () => {
    const tracker = make()
    const running = child()
    const exit = tracker.waitUntil(running)
    expect(labels(tracker)).toEqual(['process node'])
    running.send('end')
    await expect(exit).resolves.toBeUndefined()
    expect(running.exitCode).toBe(0)
    expect(labels(tracker)).toEqual([])
  })

  test('holds until a worker thread exits', async () => {
    const tracker = make()
    const worker = new Worker(`require('node:worker_threads').parentPort.once('message', () => {})`, { eval: true })
    const exit = tracker.waitUntil(worker, 'thumbnails')
    const other = tracker.waitUntil(worker)
    expect(labels(tracker)).toEqual(['thumbnails', expect.stringMatching(/^worker \d+$/)])
    worker.postMessage('end')
    await exit
    await other
    expect(labels(tracker)).toEqual([])
  })

  test('does not hold for a child process or worker that has exited, was killed, or could not be started', async () => {
    const tracker = make()
    const [exited, killed, missing] = [child(), child(), fork('', { execPath: 'no-such-program' })]
    missing.on('error', () => {})
    const worker = new Worker('', { eval: true })
    exited.send('end')
    killed.kill('SIGKILL')
    await Promise.all([exited, killed, worker].map((one) => once(one, 'exit')))
    await Promise.all([exited, killed, missing].map((one) => tracker.waitUntil(one)))
    await tracker.waitUntil(worker)
    expect(labels(tracker)).toEqual([])
  })

  test('releases at the maximum age, while the child process goes on', async () => {
    using warnings = new Warnings()
    const tracker = make()
    const running = child()
    const exit = tracker.waitUntil(running, 'render', { maxAge: '1ms' })
    await until(
      () => labels(tracker).length === 0,
      () => 'never released',
    )
    await turns()
    expect(warnings.codes).toContain('IDLE_HOLD_EXPIRED')
    expect(running.exitCode).toBeNull()
    running.send('end')
    await exit
  })

  test.each([
    ['a function', () => Promise.resolve()],
    ['an emitter', new EventTarget()],
    ['an object', {}],
  ])('rejects with a coded error for %s, and holds nothing', async (_, work) => {
    const tracker = make()
    await expect(tracker.waitUntil(work as unknown as Promise<void>)).rejects.toMatchObject({
      code: 'ERR_IDLE_INVALID_OPTION',
    })
    expect(labels(tracker)).toEqual([])
  })

  test('waits for a promise that is also a child process as for a promise', async () => {
    const tracker = make()
    const running = child()
    const { promise, resolve } = resolvable()
    // As the processes of execa.
    Reflect.set(running, 'then', promise.then.bind(promise))
    const outcome = tracker.waitUntil(running as typeof running & Promise<string>)
    expect(labels(tracker)).toEqual(['waitUntil'])
    resolve('outcome')
    await expect(outcome).resolves.toBe('outcome')
    running.send('end')
  })
})

function resolvable(): { promise: Promise<string>; resolve: (value: string) => void } {
  let resolve = (_value: string): void => {}
  const promise = new Promise<string>((done) => {
    resolve = done
  })
  return { promise, resolve }
}
