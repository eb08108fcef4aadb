import { expect, test, vi } from 'vitest'
import { jsonLines } from './lines.ts'
import { tagged } from './messages.ts'
import { fromProcess, fromSupervisor } from './received.ts'

test.each([
  null,
  undefined,
  5,
  'text',
  [],
  {},
  { 'idle-shutdown': null },
  { 'idle-shutdown': 'exit-request' },
  { 'idle-shutdown': {} },
  { 'idle-shutdown': { type: 'toString' } },
  { 'idle-shutdown': { type: 'no such type' } },
  { 'idle-shutdown': { type: ['exit-request'] } },
  { 'idle-shutdown': { type: 'claim' } },
  { 'idle-shutdown': { type: 'claim', listen: -1, pid: 5 } },
  { 'idle-shutdown': { type: 'claim', listen: 0.5, pid: 5 } },
  { 'idle-shutdown': { type: 'claim', listen: '__proto__', pid: 5 } },
  { 'idle-shutdown': { type: 'claim', listen: 0, pid: 0 } },
  { 'idle-shutdown': { type: 'claim', listen: 0, pid: -1 } },
  { 'idle-shutdown': { type: 'claim', listen: 0, pid: 5, path: 5 } },
  { 'idle-shutdown': { type: 'accepted', id: 2 ** 60 } },
  { 'idle-shutdown': { type: 'idleness', active: 0, patience: 5, reasons: [5] } },
  { 'idle-shutdown': { type: 'socket', id: 'x', listen: 0 } },
])('ignores %j', (message) => {
  expect([fromProcess(message), fromSupervisor(message)]).toEqual([undefined, undefined])
})

test.each([
  { type: 'claim', listen: 0, pid: 5, rank: 0 },
  { type: 'claim', listen: 1, pid: 5, rank: 3, path: '/here' },
  { type: 'exit-request' },
  { type: 'idleness', active: 0, deadline: undefined, patience: null, reasons: ['request GET /'], uncounted: [] },
] as const)('reads the message %j of a process', (message) => {
  expect(fromProcess(tagged(message))).toBe(message)
  expect(fromSupervisor(tagged(message))).toBeUndefined()
})

const read = () => {
  const line = vi.fn()
  const broken = vi.fn()
  return { line, broken, text: jsonLines({ line, broken }) }
}

test('reads lines that arrive in pieces, or several at once', () => {
  const { line, broken, text } = read()
  for (const piece of ['{"a"', ':1}', '\n2\n', 'null\n"x', '"\n']) text(piece)
  expect(line.mock.calls).toEqual([[{ a: 1 }], [2], [null], ['x']])
  expect(broken).not.toHaveBeenCalled()
})

test.each([
  ['no JSON', 'x\n'],
  ['an empty line', '\n'],
  ['a line without an end', 'x'.repeat(2 ** 20 + 1)],
])('reads nothing more after %s', (_, rubbish) => {
  const { line, broken, text } = read()
  text('1\n')
  text(rubbish)
  text('3\n')
  expect(line.mock.calls).toEqual([[1]])
  expect(broken).toHaveBeenCalledOnce()
})
