import { describe, expect, test } from 'vitest'
import { PageInNode } from './page-in-node.ts'
import { StatusSource } from './status-source.ts'

const NOW = Date.UTC(2026, 10, 30)

const shown = (changes: Partial<StatusSource['status']>) => {
  const source = new StatusSource()
  source.set({ since: NOW, begun: NOW, ...changes })
  return PageInNode.showing(source, NOW)
}
const lastFailure = { why: 'it ended with code 1', at: NOW - 3000 }

describe('the page of a command that fails', () => {
  test('says when the command is tried again, and for which connections', async () => {
    const failed = { state: 'backing-off', starts: 2, failures: 2, retryAt: NOW + 2000, lastFailure } as const
    expect((await shown({ ...failed, waiting: 3 })).says('sentence')).toBe(
      'It failed 2 times in a row, and is tried again in 0:02. 3 connections wait.',
    )
    const alone = await shown({ ...failed, failures: 1, starts: 1 })
    expect(alone.says('sentence')).toBe('It failed once, and the next connection tries again, in 0:02 at the earliest.')
    expect(alone.says('no-colds')).toBe('None. The only start ended before it listened.')
  })

  test('says until when connections are refused, and that the next one tries again', async () => {
    const gaveUp = { state: 'gave-up', starts: 5, failures: 5, lastFailure } as const
    const refusing = await shown({ ...gaveUp, retryAt: NOW + 4000 })
    expect(refusing.title).toBe('Gave up: npm start')
    expect(refusing.says('state')).toBe('Gave up')
    expect(refusing.says('sentence')).toBe(
      'It failed 5 times in a row. Connections are refused for 0:04; the next one after that tries again.',
    )
    expect(refusing.says('no-colds')).toBe('None. Each of 5 starts ended before it listened.')
    expect((await shown({ ...gaveUp, retryAt: NOW - 1 })).says('sentence')).toBe(
      'It failed 5 times in a row. The next connection tries again.',
    )
  })
})

test('the page says that the command has not started, or is starting', async () => {
  expect((await shown({})).says('no-colds')).toBe('None yet. The first connection starts the command.')
  expect((await shown({ state: 'starting', starts: 1 })).says('no-colds')).toBe(
    'None yet. The first start is under way.',
  )
})

test('the page says when an ignored request delays the end', async () => {
  const idle = {
    active: 0,
    deadline: NOW - 1000,
    patience: 1000,
    reasons: ['request GET /healthz (ignored)'],
    uncounted: [],
  }
  expect((await shown({ state: 'awake', pid: 7, starts: 1, coldStarts: [300], idle })).says('sentence')).toBe(
    'Process 7 is not in use. It ends when its ignored requests are answered.',
  )
})

test('names and reasons are text, and never HTML', async () => {
  const odd = '<img src=x onerror=alert(1)>'
  const page = await shown({
    state: 'awake',
    command: ['node', odd],
    listen: [{ path: `/run/${odd}` }],
    lastFailure: { why: odd, at: NOW },
    idle: { active: 1, deadline: undefined, patience: 1000, reasons: [odd], uncounted: [odd] },
  })
  expect(page.says('command')).toBe(`node ${odd}`)
  for (const id of ['listen', 'failure-why', 'reasons', 'uncounted']) expect(page.says(id)).toContain(odd)
})
