import { expect, it } from 'vitest'
import { decisionIndex, readDecision } from './decision-index.ts'

const record = (changes: Record<string, string> = {}): string => {
  const {
    heading = '# 0007 Fake timers',
    line = 'Status: accepted. Date: 2026-11-23. Replaces: nothing.',
    sections = '## Decision\n\n## Why\n\n## What it costs\n',
  } = changes
  return `${heading}\n\n${line}\n\n${sections}`
}

it('reads the head of a record', () => {
  expect(readDecision('0007-fake-timers.md', record())).toEqual({
    number: '0007',
    title: 'Fake timers',
    status: 'accepted',
    date: '2026-11-23',
    replaces: 'nothing',
  })
})

it.each([
  ['another heading', { heading: '# 7. Fake timers' }, 'the heading'],
  ['a number that is not the one of the file', { heading: '# 0008 Fake timers' }, 'the heading'],
  ['no date', { line: 'Status: accepted. Replaces: nothing.' }, 'the line'],
  ['sections in another order', { sections: '## Why\n\n## Decision\n\n## What it costs\n' }, 'the sections'],
])('refuses a record with %s', (_name, changes, missing) => {
  expect(() => readDecision('0007-fake-timers.md', record(changes))).toThrow(`0007-fake-timers.md must have ${missing}`)
})

it('lists each record with a link', () => {
  expect(decisionIndex(new Map([['0007-fake-timers.md', record()]]))).toContain(
    '- [0007 Fake timers](0007-fake-timers.md): accepted, 2026-11-23\n',
  )
})
