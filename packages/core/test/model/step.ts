import type { AsyncCommand } from 'fast-check'
import { expect } from 'vitest'
import { MOST_REASONS } from '../../src/explanation.ts'
import { turns } from '../manual-clock.ts'
import type { Happening, Occurrence } from './happening.ts'
import type { Reference } from './reference.ts'
import type { System } from './system.ts'

type Command = AsyncCommand<Reference, System>

/** A step in which something happens, after which reference and system must show the same. */
export class HappeningStep implements Command {
  readonly #happening: Happening
  readonly #which: number
  #text = ''

  constructor(happening: Happening, which: number) {
    this.#happening = happening
    this.#which = which
    this.#text = happening.name
  }

  check(reference: Reference): boolean {
    return this.#happening.targets(reference).length > 0
  }

  async run(reference: Reference, system: System): Promise<void> {
    this.choose(reference)?.happens(reference, system)
    await system.settle()
    compare(reference, system)
  }

  /** Chooses the target of the happening. */
  choose(reference: Reference): Occurrence | undefined {
    const targets = this.#happening.targets(reference)
    const occurrence = targets[this.#which % targets.length]
    this.#text = `${this.#happening.name}${occurrence?.target}`
    return occurrence
  }

  toString(): string {
    return this.#text
  }
}

/** A step in which time passes. */
export class PassStep implements Command {
  readonly #ms: number

  constructor(ms: number) {
    this.#ms = ms
  }

  check(): boolean {
    return true
  }

  async run(reference: Reference, system: System): Promise<void> {
    reference.clock.pass(this.#ms)
    await system.clock.advance(this.#ms)
    compare(reference, system)
  }

  toString(): string {
    return `${this.#ms} ms pass`
  }
}

/** A step in which the event loop is blocked or the process stopped, so that timers fire late. */
export class BlockStep implements Command {
  readonly #ms: number

  constructor(ms: number) {
    this.#ms = ms
  }

  check(): boolean {
    return true
  }

  async run(reference: Reference, system: System): Promise<void> {
    reference.clock.block(this.#ms)
    await system.clock.block(this.#ms)
    compare(reference, system)
  }

  toString(): string {
    return `blocked for ${this.#ms} ms`
  }
}

/** A step in which time passes until the last look, and something happens in the middle of it. */
export class LastLookStep implements Command {
  readonly #step: HappeningStep

  constructor(step: HappeningStep) {
    this.#step = step
  }

  check(reference: Reference): boolean {
    return reference.clock.lookAt !== undefined && this.#step.check(reference)
  }

  async run(reference: Reference, system: System): Promise<void> {
    const { now, lookAt = now } = reference.clock
    const ms = lookAt - now
    const occurrence = this.#step.choose(reference)
    let happened = false
    if (ms > 0) await system.clock.advance(ms - 1)
    system.clock.step(Math.min(ms, 1))
    const happens = (): void => {
      if (!happened) occurrence?.happens(reference, system)
      happened = true
    }
    reference.clock.pass(ms, happens)
    // After a suspend there is no last look.
    happens()
    await turns()
    compare(reference, system)
  }

  toString(): string {
    return `during the last look: ${this.#step}`
  }
}

/** Expects the system to show what the reference says, by sections 4 and 5 of the design. */
function compare(reference: Reference, system: System): void {
  const { tracker } = system.idle
  const { active, ignored, reasons } = tracker.explain()
  const ended = reference.ended ? 1 : 0
  expect({ aborts: system.aborts, endedAt: system.endedAt }, 'the end').toEqual({
    aborts: ended,
    endedAt: reference.clock.endedAt,
  })
  expect(system.deadline, 'deadline').toBe(reference.deadline)
  expect(active).toBe(tracker.active)
  if (reference.ended) {
    // After the end, activities in progress drain and no new one counts.
    expect(active, 'active after the end').toBeLessThanOrEqual(reference.active)
    expect(active).toBeGreaterThanOrEqual(0)
    return
  }
  expect(active, 'active').toBe(reference.active)
  expect(ignored, 'ignored').toBe(reference.soft)
  expect(reasons.length, 'reasons').toBe(Math.min(active + ignored, MOST_REASONS))
}
