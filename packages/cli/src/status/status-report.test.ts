import { expect, test } from 'vitest'
import type { RunStatus } from '../run/run-status.ts'
import { statusReport } from './status-report.ts'

const asleep: RunStatus = {
  state: 'asleep',
  since: 5000,
  begun: 1000,
  listen: [{ port: 3000 }, { path: '/run/web.sock' }],
  command: ['npm', 'start'],
  pid: undefined,
  starts: 2,
  failures: 0,
  connections: 7,
  waiting: 0,
  coldStarts: [400, 312],
  lastFailure: undefined,
  retryAt: undefined,
  idle: undefined,
}

test('reports null for what is not known', () => {
  expect(statusReport(asleep, 9000)).toEqual({
    state: 'asleep',
    now: 9000,
    since: 5000,
    begun: 1000,
    uptime: 8000,
    countdown: null,
    listen: ['3000', '/run/web.sock'],
    command: ['npm', 'start'],
    pid: null,
    starts: 2,
    failures: 0,
    connections: 7,
    waiting: 0,
    lastColdStart: 312,
    coldStarts: [400, 312],
    lastFailure: null,
    retryAt: null,
    idle: null,
  })
})

const idle = { active: 0, deadline: 12_000, patience: 10_000, reasons: [], uncounted: [] }

test('counts down to the deadline, and not below 0, while the command is awake', () => {
  const awake: RunStatus = { ...asleep, state: 'awake', pid: 7, idle }
  expect(statusReport(awake, 9000)).toMatchObject({ pid: 7, countdown: 3000, idle })
  expect(statusReport(awake, 13_000).countdown).toBe(0)
})

test('reports no countdown while the command is in use, and null for an endless patience', () => {
  const used = { active: 1, deadline: undefined, patience: Number.POSITIVE_INFINITY, reasons: ['GET /'], uncounted: [] }
  expect(statusReport({ ...asleep, state: 'awake', idle: used }, 9000)).toMatchObject({
    countdown: null,
    idle: { active: 1, deadline: null, patience: null, reasons: ['GET /'] },
  })
})

test('drops the report of a command that is gone', () => {
  expect(statusReport({ ...asleep, idle }, 9000)).toMatchObject({ countdown: null, idle: null })
})
