import { ManualClock } from '@idle-shutdown/testing'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Hold } from '../src/tracker/hold.ts'
import { IdleTracker } from '../src/tracker/idle-tracker.ts'

const PATIENCE = 10

type Command =
  | { readonly do: 'hold' | 'touch' }
  | { readonly do: 'release' | 'cancel'; readonly which: number }
  | { readonly do: 'advance'; readonly ms: number }

const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant('hold' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('touch' as const) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('release' as const, 'cancel' as const), which: fc.nat(4) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('advance' as const), ms: fc.nat(2 * PATIENCE) }) },
)

/** The expected behavior of the tracker, as plainly as possible. */
class Model {
  holds = 0
  firedAt: number | undefined
  #now = 0
  #deadline: number

  constructor(startupPatience: number) {
    this.#deadline = startupPatience
  }

  renew(): void {
    this.#deadline = this.#now + PATIENCE
  }

  advance(ms: number): void {
    const due = Math.max(this.#now, this.#deadline)
    this.#now += ms
    if (this.holds === 0 && due <= this.#now) this.firedAt ??= due
  }
}

/** A real tracker under the same commands. */
class Real {
  readonly clock = new ManualClock()
  readonly tracker: IdleTracker
  readonly holds: Hold[] = []
  firedAt: number | undefined
  aborts = 0

  constructor(startupPatience: number) {
    const begin = this.clock.time
    this.tracker = new IdleTracker({ patience: PATIENCE, startupPatience, clock: this.clock })
    this.tracker.signal.addEventListener('abort', () => {
      this.firedAt = this.clock.time - begin
      this.aborts++
    })
  }
}

async function obey(command: Command, model: Model, real: Real): Promise<void> {
  const over = model.firedAt !== undefined
  switch (command.do) {
    case 'hold':
      real.holds.push(real.tracker.hold())
      if (!over) model.holds++
      break
    case 'touch':
      real.tracker.touch()
      if (!over) model.renew()
      break
    case 'release':
    case 'cancel': {
      const [hold] = real.holds.splice(command.which % Math.max(1, real.holds.length), 1)
      if (hold === undefined) break
      hold[command.do]()
      if (over) break
      model.holds--
      if (command.do === 'release') model.renew()
      break
    }
    case 'advance':
      await real.clock.advance(command.ms)
      model.advance(command.ms)
  }
}

test('ends at the right time when nothing is active, and never otherwise', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(3, PATIENCE, 50),
      fc.array(command, { maxLength: 40 }),
      async (startup, commands) => {
        const model = new Model(startup)
        const real = new Real(startup)
        for (const command of commands) {
          await obey(command, model, real)
          expect(real.firedAt).toBe(model.firedAt)
          expect(real.tracker.active).toBe(model.holds)
          expect(real.clock.timers).toBeLessThanOrEqual(1)
        }
        // With nothing active, the tracker always ends, and ends once.
        for (const hold of real.holds) hold.cancel()
        await real.clock.advance(100)
        expect(real.aborts).toBe(1)
        expect(real.clock.timers).toBe(0)
      },
    ),
    { numRuns: 300 },
  )
})
