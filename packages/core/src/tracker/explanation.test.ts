import { ManualClock } from '@idle-shutdown/testing'
import { describe, expect, test } from 'vitest'
import { IdleShutdown } from '../idle-shutdown.ts'
import { type Explanation, inOneLine, MOST_REASONS } from './explanation.ts'
import { IdleTracker, observe } from './idle-tracker.ts'

const PATIENCE = 60_000

type State = Explanation['state']

/** One tracker in each state. */
const states: Record<State, (clock: ManualClock) => IdleTracker | Promise<IdleTracker>> = {
  starting: (clock) => new IdleShutdown([], { patience: PATIENCE, clock }).tracker,
  active: (clock) => {
    const tracker = new IdleTracker({ patience: PATIENCE, clock })
    tracker.hold('nightly report')
    return tracker
  },
  waiting: (clock) => {
    const tracker = new IdleTracker({ patience: PATIENCE, clock })
    clock.step(15_000)
    return tracker
  },
  suspended: async (clock) => {
    const tracker = new IdleTracker({ patience: PATIENCE, clock })
    observeNothing(tracker).start('ignored')
    await clock.advance(2 * PATIENCE)
    return tracker
  },
  disabled: (clock) => new IdleTracker({ patience: Number.POSITIVE_INFINITY, clock }),
  ended: async (clock) => {
    const tracker = new IdleTracker({ patience: PATIENCE, clock })
    await clock.advance(PATIENCE)
    return tracker
  },
  disposed: (clock) => {
    const tracker = new IdleTracker({ patience: PATIENCE, clock })
    tracker[Symbol.dispose]()
    return tracker
  },
}

function observeNothing(tracker: IdleTracker): ReturnType<typeof observe>['countdown'] {
  return observe(tracker, {
    servers: {
      arrivals: () => 0,
      mark: () => {},
      headBegun: () => false,
      trafficMoved: () => false,
      explain: (reasons) => reasons.push({ kind: 'request', label: 'GET /healthz', ignored: true }),
    },
    takesHolds: () => false,
    holdEnded: () => {},
    end: (_by, abort) => abort(),
  }).countdown
}

describe.each(Object.entries(states))('%s', (state, make) => {
  test('is the result of explain(), as plain data that can be cloned', async () => {
    const explanation = (await make(new ManualClock())).explain()
    expect(explanation.state).toBe(state)
    expect(structuredClone(explanation)).toEqual(explanation)
    expect(() => JSON.stringify(explanation)).not.toThrow()
  })

  test('is one line', async () => {
    const line = String(await make(new ManualClock()))
    expect(line).not.toBe('')
    expect(line).not.toContain('\n')
    expect(line.length).toBeLessThan(120)
  })

  test('has a deadline if one is set, and only then', async () => {
    const tracker = await make(new ManualClock())
    const { deadline, remaining } = tracker.explain()
    expect(deadline).toEqual(tracker.deadline)
    expect(deadline === undefined).toBe(remaining === undefined)
    expect(deadline !== undefined).toBe(state === 'waiting' || state === 'suspended')
  })
})

test('has a text for each state', async () => {
  const lines: Record<string, string> = {}
  for (const [state, make] of Object.entries(states)) lines[state] = String(await make(new ManualClock()))
  expect(lines).toEqual({
    starting: 'waiting for a server to listen',
    active: 'active: hold nightly report',
    waiting: 'idle in 45s (patience 1m)',
    suspended: 'idle, but waiting for: request GET /healthz',
    disabled: 'never idle (patience Infinity)',
    ended: 'ended',
    disposed: 'disposed',
  })
})

test('does not claim that the patience is Infinity without a first deadline', () => {
  const clock = new ManualClock()
  const tracker = new IdleTracker({ patience: PATIENCE, startupPatience: Number.POSITIVE_INFINITY, clock })
  expect(String(tracker)).not.toContain('patience Infinity')
})

test('names the time and the duration while it waits', () => {
  const clock = new ManualClock()
  const tracker = new IdleTracker({ patience: '2m', clock })
  const begin = clock.date()
  clock.step(30_000)
  expect(tracker.explain()).toEqual({
    state: 'waiting',
    clock: 'sleeping',
    patience: 120_000,
    active: 0,
    ignored: 0,
    reasons: [],
    uncounted: [],
    deadline: new Date(begin + 120_000),
    remaining: 90_000,
  })
})

test('names the reasons and their ages while it is active', () => {
  const clock = new ManualClock()
  const tracker = new IdleTracker({ clock })
  const begin = clock.date()
  tracker.hold('import')
  clock.step(5000)
  const export_ = tracker.hold('export')
  tracker.hold()
  expect(tracker.explain()).toMatchObject({ state: 'active', active: 3, deadline: undefined, remaining: undefined })
  expect(tracker.explain().reasons).toEqual([
    { kind: 'hold', label: 'import', ignored: false, since: new Date(begin) },
    { kind: 'hold', label: 'export', ignored: false, since: new Date(begin + 5000) },
    { kind: 'hold', label: 'hold', ignored: false, since: new Date(begin + 5000) },
  ])
  export_.release()
  expect(tracker.explain().reasons.map(({ label }) => label)).toEqual(['import', 'hold'])
})

test('is waiting while an ignored request delays nothing yet', () => {
  const tracker = new IdleTracker({ patience: PATIENCE, clock: new ManualClock() })
  observeNothing(tracker).start('ignored')
  expect(tracker.explain()).toMatchObject({ state: 'waiting', active: 0, ignored: 1, remaining: PATIENCE })
})

test('does not change after it was made', () => {
  const tracker = new IdleTracker({ clock: new ManualClock() })
  const hold = tracker.hold('import')
  const explanation = tracker.explain()
  const before = structuredClone(explanation)
  hold.release()
  tracker.hold('export')
  expect(explanation).toEqual(before)
})

test('lists the first of 1,000 holds, the true number, and a short line', () => {
  const tracker = new IdleTracker({ clock: new ManualClock() })
  for (let job = 0; job < 1000; job++) tracker.hold(`job ${job}`)
  const { active, reasons } = tracker.explain()
  expect(active).toBe(1000)
  expect(reasons).toHaveLength(MOST_REASONS)
  expect(String(tracker)).toBe('active: hold job 0, hold job 1, hold job 2, 997 more')
})

test('is not active because of an ignored request', () => {
  const tracker = new IdleTracker({ patience: PATIENCE, clock: new ManualClock() })
  observeNothing(tracker).start('ignored')
  tracker.hold('import')
  expect(tracker.explain()).toMatchObject({ state: 'active', active: 1, ignored: 1 })
  expect(String(tracker)).toBe('active: hold import')
})

test('keeps a label with line breaks in one line', () => {
  const tracker = new IdleTracker({ clock: new ManualClock() })
  tracker.hold('first line\nsecond line\r\nthird line')
  expect(String(tracker)).not.toMatch(/[\r\n]/)
})

test('keeps the name of the program that starts it again in one line', () => {
  const tracker = new IdleTracker({ clock: new ManualClock() })
  const line = inOneLine({ ...tracker.explain(), startedAgainBy: 'web\n\u001b[2J' })
  expect(line).toMatch(/; started again by web\\n\\u001b\[2J$/)
})

test('removes escape sequences from a label', () => {
  const tracker = new IdleTracker({ clock: new ManualClock() })
  tracker.hold('\u001b[2Jgone\u009b1A')
  expect(String(tracker)).toBe('active: hold \\u001b[2Jgone\\u009b1A')
})

test.each([
  [0, '0ms'],
  [0.4, '0ms'],
  [999.6, '1s'],
  [59_999, '60s'],
  [90_000, '2m'],
  [86_400_000, '1d'],
])('shows %d ms as %s', (remaining, text) => {
  const explanation: Explanation = {
    state: 'waiting',
    clock: 'sleeping',
    patience: 1,
    active: 0,
    ignored: 0,
    reasons: [],
    uncounted: [],
    deadline: undefined,
    remaining,
  }
  expect(inOneLine(explanation)).toContain(`idle in ${text} `)
  expect(inOneLine(explanation)).not.toContain('started again')
  expect(inOneLine({ ...explanation, startedAgainBy: 'inetd' })).toMatch(/\(patience 1ms\); started again by inetd$/)
})
