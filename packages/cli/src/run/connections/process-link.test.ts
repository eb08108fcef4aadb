import { expect, test } from 'vitest'
import { ProcessLink } from './process-link.ts'

test('a process stays drained whatever it sends', () => {
  const link = new ProcessLink(1, () => {})
  link.enter('drained')
  for (const state of ['running', 'exit-requested', 'exit-granted', 'exit-cancelling', 'draining'] as const) {
    link.enter(state)
    expect(link.state).toBe('drained')
  }
})

test('a process that was asked to go on can request its exit only after its answer', () => {
  const link = new ProcessLink(1, () => {})
  link.enter('exit-requested')
  link.enter('exit-cancelling')
  link.enter('exit-requested')
  expect(link.state).toBe('exit-cancelling')
  link.enter('running')
  link.enter('exit-requested')
  expect(link.state).toBe('exit-requested')
})
