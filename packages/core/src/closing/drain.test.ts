import { createServer } from 'node:http'
import { expect, test, vi } from 'vitest'
import { MemorySocket } from '../../test/model/memory-socket.ts'
import { startCountdown } from '../../test/start-countdown.ts'
import { TestConnection } from '../../test/test-connection.ts'
import { IdleShutdown } from '../idle-shutdown.ts'
import { activations } from '../server/server.ts'
import { Drain } from './drain.ts'

test('forgets a timer that has fired, so that a long drain retains no connection by it', async () => {
  const { clock, countdown } = startCountdown()
  const clearTimeout = vi.spyOn(clock, 'clearTimeout')
  const drain = new Drain([], countdown, Infinity)
  const connection = new TestConnection(new MemorySocket(true), 'new')
  Object.defineProperty(connection, 'endsIfSilent', { value: true })
  const asked = vi.spyOn(connection, 'endIfStillSilent').mockReturnValue()
  drain.endIfSilent([connection])
  await clock.advance(1000)
  expect(asked).toHaveBeenCalledOnce()
  clearTimeout.mockClear()
  drain.end(true, () => 'reason')
  expect(await drain.closed).toMatchObject({ reason: 'reason' })
  expect(clearTimeout).not.toHaveBeenCalled()
})

test('reports the end to the service of a server when the parent signal had aborted before', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  const draining = vi.fn()
  activations.set(server, { startedAgainBy: 'a test', draining })
  await new IdleShutdown(server, { grace: '2s', signal: AbortSignal.abort() }).closed
  expect(draining.mock.calls).toEqual([[2000]])
})
