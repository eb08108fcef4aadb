import { type Command, command, event } from './command.ts'
import type { Model } from './model.ts'
import type { ModelHold } from './model-hold.ts'
import { found } from './real.ts'

const MAX_AGE = 15_000

const held = (model: Model): readonly ModelHold[] => model.holds.filter(({ work }) => !work)
const working = (model: Model): readonly ModelHold[] => model.holds.filter(({ work }) => work)

export const holdHappenings: readonly Command[] = [
  event('hold', (model, real) => {
    real.holds.set(model.hold(false).number, real.idle.tracker.hold())
  }),
  event(`hold for ${MAX_AGE} ms at most`, (model, real) => {
    const hold = model.hold(false)
    model.clock.after(MAX_AGE, () => {
      if (model.holds.includes(hold)) model.release(hold)
    })
    real.holds.set(hold.number, real.idle.tracker.hold('aged', { maxAge: MAX_AGE }))
  }),
  command('release', held, (hold, model, real) => {
    model.release(hold)
    found(real.holds, hold.number).release()
  }),
  command('cancel', held, (hold, model, real) => {
    model.cancel(hold)
    found(real.holds, hold.number).cancel()
  }),
  event('waitUntil', (model, real) => {
    const { number } = model.hold(true)
    const work = new Promise<void>((resolve, reject) => {
      real.work.set(number, (failed) => (failed ? reject(new Error('The work failed')) : resolve()))
    })
    real.idle.tracker.waitUntil(work).catch(() => {})
  }),
  command('work is done:', working, (hold, model, real) => {
    model.release(hold)
    found(real.work, hold.number)(false)
  }),
  command('work fails:', working, (hold, model, real) => {
    model.release(hold)
    found(real.work, hold.number)(true)
  }),
  event('touch', (model, real) => {
    model.touch()
    real.idle.tracker.touch()
  }),
]

export const clockHappenings: readonly Command[] = [
  ...[500, 3000, 3_600_000].map((ms) =>
    event(`suspended for ${ms} ms`, ({ clock }, real) => {
      clock.ahead += ms
      real.clock.suspend(ms)
    }),
  ),
  event('wall clock set back by an hour', ({ clock }, real) => {
    clock.ahead -= 3_600_000
    real.clock.suspend(-3_600_000)
  }),
]
