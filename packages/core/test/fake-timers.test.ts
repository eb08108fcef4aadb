import { once } from 'node:events'
import { createServer } from 'node:http'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { IdleShutdown } from '../src/idle-shutdown.ts'
import { IdleTracker } from '../src/tracker/idle-tracker.ts'
import { runProgram } from './run-program.ts'

// Tests of the default clock under fake timers of other packages. Moving the time is all that a test has to do.

const PATIENCE = 900_000

describe.each<[string, NonNullable<Parameters<typeof vi.useFakeTimers>[0]>]>([
  ['everything that they fake by default', {}],
  // Vitest before version 3 faked only these.
  ['timers and Date, but not performance.now()', { toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'Date'] }],
])("Vitest's fake timers → deterministic: %s", (_, faked) => {
  beforeEach(() => void vi.useFakeTimers(faked))
  afterEach(() => void vi.useRealTimers())

  test('ends at the deadline, and not a millisecond before', () => {
    const tracker = new IdleTracker({ patience: '15m' })
    vi.advanceTimersByTime(PATIENCE - 1)
    expect(tracker.signal.aborted).toBe(false)
    vi.advanceTimersByTime(1)
    expect(tracker.signal.reason).toMatchObject({ code: 'ERR_IDLE_TIMEOUT' })
  })

  test('moves the deadline by a touch, a hold and confirm', async () => {
    const answers = [false, true]
    const tracker = new IdleTracker({ patience: '15m', confirm: () => answers.shift() ?? false })
    vi.advanceTimersByTime(PATIENCE / 2)
    tracker.touch()
    expect(tracker.deadline).toEqual(new Date(Date.now() + PATIENCE))
    const hold = tracker.hold()
    vi.advanceTimersByTime(PATIENCE * 3)
    hold.release()
    await vi.advanceTimersByTimeAsync(PATIENCE)
    expect(answers).toEqual([true])
    await vi.advanceTimersByTimeAsync(PATIENCE - 1)
    expect(tracker.signal.aborted).toBe(false)
    await vi.advanceTimersByTimeAsync(1)
    expect(tracker.signal.aborted).toBe(true)
  })

  test('ends when all the time passes at once, however much', () => {
    const tracker = new IdleTracker({ patience: '15m' })
    vi.advanceTimersByTime(PATIENCE * 100)
    expect(tracker.signal.aborted).toBe(true)
  })

  test('close() closes a real server without moving the time', async () => {
    const server = createServer((_request, response) => response.end('ok')).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const idle = new IdleShutdown(server, { patience: '15m' })
    expect(await idle.close('over')).toMatchObject({ reason: 'over', destroyed: 0 })
    expect(server.listening).toBe(false)
  })

  test('closes a server without a request when the time is moved', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const idle = new IdleShutdown(server, { patience: '15m' })
    vi.advanceTimersByTime(PATIENCE)
    expect(server.listening).toBe(false)
    expect((await idle.closed).reason).toMatchObject({ code: 'ERR_IDLE_TIMEOUT' })
  })
})

describe("node:test's fake timers → deterministic", () => {
  /** Returns the lines that `source` prints in a process whose timers node:test has faked. */
  async function printed(source: string, enable = ''): Promise<string[]> {
    const { code, stdout, stderr } = await runProgram(`
      import { once } from 'node:events'
      import { createServer } from 'node:http'
      import { mock } from 'node:test'
      mock.timers.enable(${enable})
      const { timers } = mock
      const print = (value) => console.log(JSON.stringify(value))
      ${source}`)
    // Node 20 warns that these fakes are experimental.
    expect(stderr.replace(/^\(.*(ExperimentalWarning|trace-warnings).*\n/gm, '')).toBe('')
    expect(code).toBe(0)
    return stdout.trim().split('\n')
  }

  test.concurrent('ends at the deadline, and not a millisecond before', async () => {
    const lines = await printed(`
      const tracker = new IdleTracker({ patience: '15m' })
      timers.tick(${PATIENCE - 1}); print(tracker.signal.aborted)
      timers.tick(1); print(tracker.signal.reason?.code)`)
    expect(lines).toEqual(['false', '"ERR_IDLE_TIMEOUT"'])
  })

  test.concurrent('moves the deadline by a touch, a hold and confirm', async () => {
    const lines = await printed(`
      const answers = [false, true]
      const tracker = new IdleTracker({ patience: '15m', confirm: () => answers.shift() })
      timers.tick(${PATIENCE / 2}); tracker.touch(); print(tracker.deadline - Date.now())
      const hold = tracker.hold(); timers.tick(${PATIENCE * 3}); hold.release(); print(tracker.signal.aborted)
      timers.tick(${PATIENCE}); print(answers)
      const settled = async () => { for (let each = 0; each < 9; each++) await null }
      await settled()
      timers.tick(${PATIENCE - 1}); print(tracker.signal.aborted)
      timers.tick(1); await settled(); print(tracker.signal.aborted)`)
    expect(lines).toEqual([`${PATIENCE}`, 'false', '[true]', 'false', 'true'])
  })

  test.concurrent('ends when all the time passes at once, however much', async () => {
    const lines = await printed(`
      const tracker = new IdleTracker({ patience: '15m' })
      timers.tick(${PATIENCE * 100}); print(tracker.signal.aborted)`)
    expect(lines).toEqual(['true'])
  })

  test.concurrent('takes turns of the event loop for the last look if setImmediate is not faked', async () => {
    const lines = await printed(
      `const tracker = new IdleTracker({ patience: '15m' })
       timers.tick(${PATIENCE}); print(tracker.signal.aborted)
       setTimeout(() => {}, 1000) // faked: nothing keeps the process but the turns
       await once(tracker.signal, 'abort'); print(tracker.signal.aborted)`,
      `{ apis: ['setTimeout', 'Date'] }`,
    )
    expect(lines).toEqual(['false', 'true'])
  })

  test.concurrent('closes servers when the time is moved, and on close() without that', async () => {
    const lines = await printed(`
      const [one, two] = [createServer().listen(0), createServer().listen(0)]
      await Promise.all([once(one, 'listening'), once(two, 'listening')])
      const idle = idleShutdown(one, { patience: '15m' })
      timers.tick(${PATIENCE}); print(one.listening)
      print((await idle.closed).reason.code)
      print((await idleShutdown(two).close('over')).reason)`)
    expect(lines).toEqual(['false', '"ERR_IDLE_TIMEOUT"', '"over"'])
  })
})
