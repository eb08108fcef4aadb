import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { IdlenessInquiry } from './idleness.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const asked = (pid: number) => ({ pid, send: vi.fn() })
const idle = (deadline: number) => ({ active: 0, deadline, patience: 1000, reasons: [], uncounted: [] })
const used = (...reasons: string[]) => ({
  active: reasons.length,
  deadline: undefined,
  patience: 1000,
  reasons,
  uncounted: [],
})

/** Reports for each promise whether it has settled by now. */
async function settled(promises: readonly Promise<void>[]): Promise<boolean[]> {
  const over = promises.map(() => false)
  for (const [index, promise] of promises.entries()) void promise.then(() => (over[index] = true))
  await vi.advanceTimersByTimeAsync(0)
  return over
}

test('asks one question for a hundred viewers at once, and answers all of them', async () => {
  const inquiry = new IdlenessInquiry()
  const process = asked(7)
  const viewers = Array.from({ length: 100 }, () => inquiry.ask([process]))
  expect(await settled(viewers)).not.toContain(true)
  expect(process.send).toHaveBeenCalledTimes(1)
  inquiry.answered(process, used('request GET /'))
  expect(await settled(viewers)).not.toContain(false)
  expect(inquiry.report([process])).toEqual(used('request GET /'))
  expect(vi.getTimerCount()).toBe(0)
  // The next viewer asks again.
  void inquiry.ask([process])
  expect(process.send).toHaveBeenCalledTimes(2)
})

test('does not wait for a process that is gone, and drops its answer', async () => {
  const inquiry = new IdlenessInquiry()
  const [first, second] = [asked(7), asked(8)]
  const viewer = inquiry.ask([first, second])
  inquiry.answered(first, idle(500))
  expect(await settled([viewer])).toEqual([false])
  inquiry.gone(second)
  expect(await settled([viewer])).toEqual([true])
  expect(inquiry.report([first])).toEqual(idle(500))
})

test('waits a second for a process that does not answer, and names it', async () => {
  const inquiry = new IdlenessInquiry()
  const [first, second] = [asked(7), asked(8)]
  void inquiry.ask([second])
  inquiry.answered(second, used('hold job'))
  const viewers = [inquiry.ask([first, second]), inquiry.ask([first, second])]
  inquiry.answered(first, idle(500))
  await vi.advanceTimersByTimeAsync(999)
  expect(await settled(viewers)).toEqual([false, false])
  await vi.advanceTimersByTimeAsync(1)
  expect(await settled(viewers)).toEqual([true, true])
  expect(inquiry.report([first, second])?.reasons).toEqual(['process 8 does not answer'])
  // A late answer counts.
  inquiry.answered(second, used('hold job'))
  expect(inquiry.report([first, second])?.reasons).toEqual(['process 8: hold job'])
})

test('reports several processes as one: the sum, the latest deadline, and reasons with their process', () => {
  const inquiry = new IdlenessInquiry()
  const [first, second] = [asked(7), asked(8)]
  const both = [first, second]
  expect(inquiry.report(both)).toBeUndefined()
  inquiry.answered(first, idle(500))
  inquiry.answered(second, { ...idle(900), patience: 2000 })
  expect(inquiry.report(both)).toEqual({ active: 0, deadline: 900, patience: 2000, reasons: [], uncounted: [] })
  inquiry.answered(first, used('request GET /a', 'request GET /b'))
  inquiry.answered(second, used('hold job'))
  expect(inquiry.report(both)).toEqual({
    active: 3,
    deadline: undefined,
    patience: 1000,
    reasons: ['process 7: request GET /a', 'process 7: request GET /b', 'process 8: hold job'],
    uncounted: [],
  })
  expect(inquiry.report([second])).toEqual(used('hold job'))
})

test('asks nothing without a process', async () => {
  const inquiry = new IdlenessInquiry()
  await inquiry.ask([])
  expect(inquiry.report([])).toBeUndefined()
})

test('reports at most 20 reasons, each a line of at most 200 characters', () => {
  const inquiry = new IdlenessInquiry()
  const process = asked(7)
  const reasons = ['hold a\u001b[2J\nb', `hold ${'c'.repeat(1000)}`, ...Array.from({ length: 30 }, () => 'hold d')]
  inquiry.answered(process, used(...reasons))
  const shown = inquiry.report([process])?.reasons ?? []
  expect(shown).toHaveLength(20)
  expect(shown[0]).toBe('hold a\\u001b[2J\\nb')
  expect(shown[1]).toHaveLength(200)
})

test('reports what is open and does not count apart from the reasons', async () => {
  const inquiry = new IdlenessInquiry()
  const [first, second] = [asked(7), asked(8)]
  const uncounted = ['stream GET /events (for 12 s, last byte 3 s ago)']
  inquiry.answered(first, { ...idle(500), uncounted })
  expect(inquiry.report([first])).toEqual({ ...idle(500), uncounted })
  inquiry.answered(second, used('request GET /'))
  const both = inquiry.report([first, second])
  expect(both?.reasons).toEqual(['process 8: request GET /'])
  expect(both?.uncounted).toEqual([`process 7: ${uncounted[0]}`])
})
