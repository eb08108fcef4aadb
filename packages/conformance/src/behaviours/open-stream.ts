import type { IdleShutdownOptions } from '@idle-shutdown/core'
import type { Exchange, ManualClock } from '@idle-shutdown/testing'
import { expect } from 'vitest'
import type { PendingRequest } from '../pending-requests.ts'
import type { Idle } from '../subject.ts'
import type { TestContext } from '../test-context.ts'

/** The patience of the servers, in ms. */
export const PATIENCE = 1000
/** The bytes of one event. */
export const EVENT = 'data: event\n\n'

/** A stream of events that a client has open. */
export interface OpenStream {
  readonly clock: ManualClock
  readonly idle: Idle
  readonly exchange: Exchange
  readonly pending: PendingRequest
}

/** Serves with a clock that stands still, and opens a stream of events. The client has its head. */
export async function open(t: TestContext, options: IdleShutdownOptions): Promise<OpenStream> {
  const clock = t.stopTime()
  const idle = await t.serve({ patience: PATIENCE, clock, ...options })
  const exchange = t.client().ask('/events')
  const pending = await t.requests.next()
  pending.response.writeHead(200, { 'content-type': 'text/event-stream' })
  pending.response.write(EVENT)
  await exchange.head
  return { clock, idle, exchange, pending }
}

/** Lets patiences pass, each with the turns of a last look. */
export async function pass(t: TestContext, clock: ManualClock, patiences: number): Promise<void> {
  for (let patience = 0; patience < patiences; patience++) {
    clock.step(PATIENCE)
    await t.settle()
  }
}

/** Sends an event, and waits until the server has handed it to the kernel. */
export async function send(t: TestContext, { response }: PendingRequest): Promise<void> {
  await new Promise<void>((resolve) => response.write(EVENT, () => resolve()))
  await t.settle()
}

/** Expects that the server has ended for lack of use, with a stream that was ended and not cut. */
export async function expectStreamEnded({ idle, exchange }: OpenStream): Promise<void> {
  expect(idle.signal.aborted).toBe(true)
  // The clock stands still, so that nothing has waited.
  expect(await idle.closed).toMatchObject({ drained: 0, destroyed: 0 })
  expect((await exchange.answer).body).toBe(EVENT)
}
