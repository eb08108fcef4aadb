import { Socket } from 'node:net'
import { expect, test } from 'vitest'
import { routerEvents } from '../../../test/router-events.ts'
import type { ToProcess } from '../../protocol/messages.ts'
import { ConnectionRouter } from './connection-router.ts'
import { ProcessLink } from './process-link.ts'

test.each([
  ['cancel-exit', 'a connection that is piped has not reached it', '/private/path', 1],
  ['exit-granted', 'sockets are on the channel ahead of the answer', undefined, 1],
  ['exit-granted', 'nothing is on its way', '/private/path', 0],
] as const)('a process that requests its exit gets %s when %s', (answer, _, path, count) => {
  const told: ToProcess[] = []
  const link = new ProcessLink(1, (message) => told.push(message))
  link.claims.set(0, path)
  for (let id = 1; id <= count; id++) link.unacknowledged.set(id, { id, listen: 0, socket: new Socket() })
  const router = new ConnectionRouter(10, 1, routerEvents())
  router.links.add(link)
  router.receive(link, { type: 'exit-request' })
  expect(told).toEqual([{ type: answer }])
})
