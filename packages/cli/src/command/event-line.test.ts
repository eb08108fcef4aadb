import { expect, test } from 'vitest'
import type { RunEvent } from '../run/run-event.ts'
import { eventJson, eventLine, isFailure } from './event-line.ts'

const why = 'the command ended with code 1'
const rows: [RunEvent, string][] = [
  [{ event: 'listening', address: { port: 80 } }, 'holds 80; the first connection starts the command'],
  [
    { event: 'status', address: { host: '127.0.0.1', port: 81 }, url: 'http://127.0.0.1:81/' },
    'status page at http://127.0.0.1:81/',
  ],
  [{ event: 'starting', pid: 7, start: 2, waiting: 1 }, 'start 2, pid 7, 1 connection waits'],
  [{ event: 'ready', pid: 7, coldStart: 312.4, waiting: 0 }, 'awake after 312 ms (cold start), pid 7'],
  [{ event: 'idle', pid: 7, uptime: 90_000, connections: 3 }, 'idle after 1 min 30 s and 3 connections; it ends now'],
  [{ event: 'ended', pid: 7, uptime: 4210, waiting: 0 }, 'asleep; the command ran 4.2 s'],
  [{ event: 'ended', pid: 7, uptime: 4210, waiting: 2 }, 'ended after 4.2 s, 2 connections wait: starts again'],
  [{ event: 'crashed', pid: 7, code: 1, signal: null, why, failures: 1, waiting: 0 }, `failed: ${why}`],
  [
    { event: 'crashed', pid: 7, code: 1, signal: null, why, failures: 3, waiting: 1 },
    `failed: ${why} (3 times in a row), 1 connection waits`,
  ],
  [{ event: 'backoff', delay: 500, failures: 1, waiting: 2 }, 'tries again in 500 ms, 2 connections wait'],
  [
    { event: 'backoff', delay: 500, failures: 1, waiting: 0 },
    'the next connection tries again, in 500 ms at the earliest',
  ],
  [
    { event: 'gave-up', failures: 5, refused: 1, why, delay: 4000 },
    `gave up after 5 failures, and refused 1 connection: ${why}; a connection after 4 s tries again`,
  ],
  [{ event: 'queue-full', maxQueue: 9 }, '9 connections wait already; more are refused until the command is ready'],
  [{ event: 'killed', pid: 7, signal: 'SIGKILL', why: 'it did not end' }, 'killed 7 with SIGKILL: it did not end'],
  [{ event: 'hint', hint: 'something is missing' }, 'something is missing'],
  [{ event: 'stopping', signal: 'SIGTERM', waiting: 0 }, 'SIGTERM: ends the command'],
  [{ event: 'stopped' }, 'stopped'],
]

test.each(rows)('%o', (event, line) => {
  expect(eventLine(event)).toBe(line)
})

test('--quiet prints failures only', () => {
  const failures = new Set(
    rows
      .map(([event]) => event)
      .filter(isFailure)
      .map(({ event }) => event),
  )
  expect([...failures]).toEqual(['crashed', 'gave-up', 'queue-full', 'killed'])
})

test('names with line breaks and escape sequences stay in their line, and do not move the cursor', () => {
  const odd = 'a\nidle-shutdown: stopped\r\u001b[2J\u009b1A\u2028'
  const events: RunEvent[] = [
    { event: 'listening', address: { path: `/run/${odd}` } },
    { event: 'status', address: { path: `/run/${odd}` }, url: `/run/${odd}` },
    { event: 'crashed', pid: 7, code: null, signal: null, why: `spawn ${odd}`, failures: 1, waiting: 0 },
    { event: 'gave-up', failures: 5, refused: 1, why: `spawn ${odd}`, delay: 4000 },
    { event: 'killed', pid: 7, signal: odd, why: odd },
  ]
  for (const event of events) {
    for (const line of [eventLine(event), eventJson(event, new Date(0))]) expect(line).not.toMatch(/[\p{Cc}\p{Zl}]/u)
    expect(JSON.parse(eventJson(event, new Date(0)))).toEqual({ time: '1970-01-01T00:00:00.000Z', ...event })
  }
})
