import { turns } from '@idle-shutdown/testing'
import type { AsyncCommand } from 'fast-check'
import { expect } from 'vitest'
import { MOST_REASONS } from '../../src/tracker/explanation.ts'
import type { Command, TargetedCommand } from './command.ts'
import type { Model } from './model.ts'
import type { Real } from './real.ts'

type Step = AsyncCommand<Model, Real>

/** A step that runs a command, after which model and real shutdown must show the same. */
export class CommandStep implements Step {
  readonly #command: Command
  readonly #which: number
  #text = ''

  constructor(command: Command, which: number) {
    this.#command = command
    this.#which = which
    this.#text = command.name
  }

  check(model: Model): boolean {
    return this.#command.targets(model).length > 0
  }

  async run(model: Model, real: Real): Promise<void> {
    this.choose(model)?.run(model, real)
    await real.settle()
    compare(model, real)
  }

  /** Chooses the target of the command. */
  choose(model: Model): TargetedCommand | undefined {
    const targets = this.#command.targets(model)
    const targeted = targets[this.#which % targets.length]
    this.#text = `${this.#command.name}${targeted?.target}`
    return targeted
  }

  toString(): string {
    return this.#text
  }
}

/** A step in which time passes. */
export class PassStep implements Step {
  readonly #ms: number

  constructor(ms: number) {
    this.#ms = ms
  }

  check(): boolean {
    return true
  }

  async run(model: Model, real: Real): Promise<void> {
    model.clock.pass(this.#ms)
    await real.clock.advance(this.#ms)
    compare(model, real)
  }

  toString(): string {
    return `${this.#ms} ms pass`
  }
}

/** A step in which the event loop is blocked or the process stopped, so that timers fire late. */
export class BlockStep implements Step {
  readonly #ms: number

  constructor(ms: number) {
    this.#ms = ms
  }

  check(): boolean {
    return true
  }

  async run(model: Model, real: Real): Promise<void> {
    model.clock.block(this.#ms)
    await real.clock.block(this.#ms)
    compare(model, real)
  }

  toString(): string {
    return `blocked for ${this.#ms} ms`
  }
}

/** A step in which time passes until the last look, and a command runs in the middle of it. */
export class LastLookStep implements Step {
  readonly #step: CommandStep

  constructor(step: CommandStep) {
    this.#step = step
  }

  check(model: Model): boolean {
    return model.clock.lookAt !== undefined && this.#step.check(model)
  }

  async run(model: Model, real: Real): Promise<void> {
    const { now, lookAt = now } = model.clock
    const ms = lookAt - now
    const targeted = this.#step.choose(model)
    let happened = false
    if (ms > 0) await real.clock.advance(ms - 1)
    real.clock.step(Math.min(ms, 1))
    const runOnce = (): void => {
      if (!happened) targeted?.run(model, real)
      happened = true
    }
    model.clock.pass(ms, runOnce)
    // After a suspend there is no last look.
    runOnce()
    await turns()
    compare(model, real)
  }

  toString(): string {
    return `during the last look: ${this.#step}`
  }
}

/** Expects the real shutdown to match the model, by sections 4 and 5 of the design. */
function compare(model: Model, real: Real): void {
  const { tracker } = real.idle
  const { active, ignored, reasons } = tracker.explain()
  const ended = model.ended ? 1 : 0
  expect({ aborts: real.aborts, endedAt: real.endedAt }, 'the end').toEqual({
    aborts: ended,
    endedAt: model.clock.endedAt,
  })
  expect(real.deadline, 'deadline').toBe(model.deadline)
  expect(active).toBe(tracker.active)
  if (model.ended) {
    // After the end, activities in progress drain, and no new one counts but a hold.
    expect(active, 'active after the end').toBeLessThanOrEqual(model.active)
    expect(active).toBeGreaterThanOrEqual(0)
    return
  }
  expect(active, 'active').toBe(model.active)
  expect(ignored, 'ignored').toBe(model.ignored)
  expect(reasons.length, 'reasons').toBe(Math.min(active + ignored, MOST_REASONS))
}
