import { processWarning } from '@idle-shutdown/testing'
import { expect } from 'vitest'
import { type Behaviour, isAny, isHttp } from '../behaviour.ts'
import { answerTo } from '../pending-requests.ts'

/** The callbacks that are awaited between the last answer and `closed`. */
export const beforeEnd: readonly Behaviour[] = [
  {
    name: 'callbacks of beforeEnd → awaited one after the other, after the last answer and before closed',
    appliesTo: isHttp,
    async run(t) {
      const idle = await t.serve({ patience: '1h' })
      const order: string[] = []
      for (const name of ['first', 'second']) {
        idle.beforeEnd(async () => {
          order.push(name)
          await t.settle()
          order.push(`${name} is done`)
        })
      }
      void idle.closed.then(() => order.push('closed'))
      const { answer } = t.client().ask('/last')
      const pending = await t.requests.next()
      void pending.closed.then(() => order.push('answered'))
      const closed = idle.close()
      await t.settle()
      expect(order).toEqual([])
      await pending.answer()
      expect((await answer).body).toBe(answerTo('/last'))
      expect(await closed).toMatchObject({ drained: 1, destroyed: 0 })
      expect(order).toEqual(['answered', 'first', 'first is done', 'second', 'second is done', 'closed'])
    },
  },
  {
    name: 'callback of beforeEnd at an idle end → awaited before closed',
    appliesTo: isAny,
    async run(t) {
      const idle = await t.serve({ startupPatience: 100 })
      const order: string[] = []
      idle.signal.addEventListener('abort', () => order.push('signal'))
      idle.beforeEnd(async ({ reason }) => {
        order.push(reason === idle.signal.reason ? 'callback' : String(reason))
        await t.settle()
        order.push('done')
      })
      await t.expectIdleEnd()
      expect(order).toEqual(['signal', 'callback', 'done'])
    },
  },
  {
    name: 'callback of beforeEnd that a listener of the signal adds → called; one that is added after the end → not',
    appliesTo: isAny,
    async run(t) {
      const idle = await t.serve({ patience: '1h' })
      const calls: string[] = []
      idle.signal.addEventListener('abort', () => idle.beforeEnd(() => calls.push('on the signal')))
      await idle.close()
      expect(idle.beforeEnd(() => calls.push('after the end'))).toBeUndefined()
      await t.settle()
      expect(calls).toEqual(['on the signal'])
    },
  },
  {
    name: 'callback of beforeEnd that is undone → not called',
    appliesTo: isAny,
    async run(t) {
      const idle = await t.serve({ patience: '1h' })
      let calls = 0
      idle.beforeEnd(() => calls++)?.[Symbol.dispose]()
      await idle.close()
      expect(calls).toBe(0)
    },
  },
  {
    name: 'callback of beforeEnd that fails → one process warning, and the next one is called',
    appliesTo: isAny,
    alone: true,
    async run(t) {
      const idle = await t.serve({ patience: '1h' })
      const warning = processWarning('IDLE_BEFORE_END_FAILED')
      let calls = 0
      idle.beforeEnd(() => Promise.reject(new Error('from a callback')))
      idle.beforeEnd(() => calls++)
      await idle.close()
      expect(calls).toBe(1)
      expect(await warning).toMatchObject({ detail: expect.stringContaining('from a callback') })
    },
  },
  {
    name: 'callback of beforeEnd that does not finish → closed when grace is over, and one process warning',
    appliesTo: isAny,
    alone: true,
    async run(t) {
      const clock = t.stopTime()
      const idle = await t.serve({ patience: '1h', grace: 5000, clock })
      const warning = processWarning('IDLE_BEFORE_END_FAILED')
      let begun = (): void => {}
      const called = new Promise<void>((resolve) => {
        begun = resolve
      })
      idle.beforeEnd(() => {
        begun()
        return new Promise(() => {})
      })
      const closed = idle.close()
      await called
      clock.step(4999)
      await t.settle()
      expect(await Promise.race([closed, 'open'])).toBe('open')
      clock.step(1)
      expect(await closed).toMatchObject({ destroyed: 0, abandoned: 0 })
      expect((await warning).message).toContain('1 of 1 callbacks')
    },
  },
  {
    name: 'callback of beforeEnd with grace 0 → called, and not awaited',
    appliesTo: isAny,
    alone: true,
    async run(t) {
      const idle = await t.serve({ patience: '1h', grace: 0 })
      const warning = processWarning('IDLE_BEFORE_END_FAILED')
      let calls = 0
      idle.beforeEnd(() => new Promise(() => calls++))
      await idle.close()
      expect(calls).toBe(1)
      await warning
    },
  },
]
