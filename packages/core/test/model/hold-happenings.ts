import { event, type Happening, happening } from './happening.ts'
import type { Reference } from './reference.ts'
import type { HoldReference } from './reference-hold.ts'
import { found } from './system.ts'

const MAX_AGE = 15_000

const held = (reference: Reference): readonly HoldReference[] => reference.holds.filter(({ work }) => !work)
const working = (reference: Reference): readonly HoldReference[] => reference.holds.filter(({ work }) => work)

export const holdHappenings: readonly Happening[] = [
  event('hold', (reference, system) => {
    system.holds.set(reference.hold(false).number, system.idle.tracker.hold())
  }),
  event(`hold for ${MAX_AGE} ms at most`, (reference, system) => {
    const hold = reference.hold(false)
    reference.clock.after(MAX_AGE, () => {
      if (reference.holds.includes(hold)) reference.release(hold)
    })
    system.holds.set(hold.number, system.idle.tracker.hold('aged', { maxAge: MAX_AGE }))
  }),
  happening('release', held, (hold, reference, system) => {
    reference.release(hold)
    found(system.holds, hold.number).release()
  }),
  happening('cancel', held, (hold, reference, system) => {
    reference.cancel(hold)
    found(system.holds, hold.number).cancel()
  }),
  event('waitUntil', (reference, system) => {
    const { number } = reference.hold(true)
    const work = new Promise<void>((resolve, reject) => {
      system.work.set(number, (failed) => (failed ? reject(new Error('The work failed')) : resolve()))
    })
    system.idle.tracker.waitUntil(work).catch(() => {})
  }),
  happening('work is done:', working, (hold, reference, system) => {
    reference.release(hold)
    found(system.work, hold.number)(false)
  }),
  happening('work fails:', working, (hold, reference, system) => {
    reference.release(hold)
    found(system.work, hold.number)(true)
  }),
  event('touch', (reference, system) => {
    reference.touch()
    system.idle.tracker.touch()
  }),
]

export const clockHappenings: readonly Happening[] = [
  ...[500, 3000, 3_600_000].map((ms) =>
    event(`suspended for ${ms} ms`, ({ clock }, system) => {
      clock.ahead += ms
      system.clock.suspend(ms)
    }),
  ),
  event('wall clock set back by an hour', ({ clock }, system) => {
    clock.ahead -= 3_600_000
    system.clock.suspend(-3_600_000)
  }),
]
