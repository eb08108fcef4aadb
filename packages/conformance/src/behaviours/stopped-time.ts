import type { AnyServer, IdleShutdownOptions } from '@idle-shutdown/core'
import type { ManualClock } from '@idle-shutdown/testing'
import type { Idle } from '../subject.ts'
import type { TestContext } from '../test-context.ts'

/** Milliseconds of a clock that only the test moves. */
export const PATIENCE = 2000

export interface Started {
  readonly clock: ManualClock
  readonly idle: Idle
}

/** Serves with a clock that only the test moves, and with all of Node's timeouts disabled. */
export async function start(
  t: TestContext,
  options: IdleShutdownOptions = {},
  prepare: (server: AnyServer) => void = () => {},
): Promise<Started> {
  const clock = t.stopTime()
  const idle = await t.serve({ patience: PATIENCE, clock, ...options }, (server) => {
    withoutTimeouts(server)
    prepare(server)
  })
  return { clock, idle }
}

/** Lets time pass one second at a time, and runs the event loop after each, as in a process that is not blocked. */
export async function pass(t: TestContext, clock: ManualClock, ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 1000) {
    clock.step(Math.min(left, 1000))
    await t.settle()
  }
}

/** Disables all of Node's timeouts. */
function withoutTimeouts(server: AnyServer): void {
  for (const name of ['headersTimeout', 'requestTimeout', 'connectionsCheckingInterval']) Reflect.set(server, name, 0)
}
