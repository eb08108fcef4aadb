import { Socket } from 'node:net'
import { expect, test } from 'vitest'
import { operator } from '../../test/operator.ts'
import type { ToProcess } from '../protocol/messages.ts'
import { Link } from './link.ts'
import { Switchboard } from './switchboard.ts'

test.each([
  ['wanted', 'a connection that is piped has not reached it', '/private/path', 1],
  ['go', 'sockets are on the channel ahead of the answer', undefined, 1],
  ['go', 'nothing is on its way', '/private/path', 0],
] as const)('a process that asks whether it may end is told %s when %s', (answer, _, path, count) => {
  const told: ToProcess[] = []
  const link = new Link(1, (message) => told.push(message))
  link.claims.set(0, path)
  for (let id = 1; id <= count; id++) link.unacknowledged.set(id, { id, listen: 0, socket: new Socket() })
  const switchboard = new Switchboard(10, 1, operator())
  switchboard.links.add(link)
  switchboard.receive(link, { type: 'quiet' })
  expect(told).toEqual([{ type: answer }])
})
