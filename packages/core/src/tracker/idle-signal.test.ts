import { addAbortListener, getEventListeners, once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { runInNewContext } from 'node:vm'
import { turns, Warnings } from '@idle-shutdown/testing'
import { expect, test } from 'vitest'
import { IdleSignal } from './idle-signal.ts'

/** Aborts. Returns the warnings of the turns after it. */
async function abort(idle: IdleSignal): Promise<{ codes: unknown[]; details: unknown[] }> {
  using warnings = new Warnings()
  idle.abort('idle')
  await turns()
  return { codes: warnings.codes, details: warnings.list.map(({ detail }) => detail) }
}

test('is an AbortSignal', async () => {
  const idle = new IdleSignal()
  expect(idle.signal).toBeInstanceOf(AbortSignal)
  expect(idle.signal.aborted).toBe(false)
  idle.abort('idle')
  expect(idle.signal).toMatchObject({ aborted: true, reason: 'idle' })
  expect(() => idle.signal.throwIfAborted()).toThrow('idle')
})

test('has an AbortError as its reason by default', () => {
  const idle = new IdleSignal()
  idle.abort()
  expect(idle.signal.reason).toMatchObject({ name: 'AbortError' })
})

test('aborts once', () => {
  const idle = new IdleSignal()
  let calls = 0
  idle.signal.addEventListener('abort', () => calls++)
  idle.abort('first')
  idle.abort('second')
  expect(calls).toBe(1)
  expect(idle.signal.reason).toBe('first')
})

test('calls a listener with the signal as this and as the target', () => {
  const idle = new IdleSignal()
  const seen: unknown[] = []
  idle.signal.addEventListener('abort', function (this: unknown, event) {
    seen.push(this, event.target, event.type)
  })
  idle.abort()
  expect(seen).toEqual([idle.signal, idle.signal, 'abort'])
})

test('reports a listener that throws, and runs the next ones', async () => {
  const idle = new IdleSignal()
  const calls: string[] = []
  idle.signal.addEventListener('abort', () => {
    calls.push('first')
    throw new Error('broken on purpose')
  })
  idle.signal.addEventListener('abort', () => calls.push('second'))
  const { codes, details } = await abort(idle)
  expect(calls).toEqual(['first', 'second'])
  expect(codes).toEqual(['IDLE_LISTENER_FAILED'])
  expect(details[0]).toContain('broken on purpose')
})

test.each<[string, () => unknown]>([
  ['an async listener', async () => Promise.reject(new Error('broken on purpose'))],
  ['an async listener of another realm', runInNewContext(`async () => { throw new Error('broken on purpose') }`)],
  [
    'a listener that gives a promise of another kind',
    // biome-ignore lint/suspicious/noThenProperty: Node looks for then(), too
    () => ({ then: (_: unknown, reject: (error: Error) => void) => reject(new Error('broken on purpose')) }),
  ],
])('reports %s that rejects', async (_, listener) => {
  const idle = new IdleSignal()
  Reflect.apply(idle.signal.addEventListener, idle.signal, ['abort', listener])
  const { codes, details } = await abort(idle)
  expect(codes).toEqual(['IDLE_LISTENER_FAILED'])
  expect(details[0]).toContain('broken on purpose')
})

test('calls handleEvent with its object as this, reads it at the event, and reports its error', async () => {
  const idle = new IdleSignal()
  const seen: unknown[] = []
  const listener = {
    handleEvent(): void {
      seen.push('too early')
    },
  }
  idle.signal.addEventListener('abort', listener)
  listener.handleEvent = function (this: unknown): void {
    seen.push(this)
    throw new Error('broken on purpose')
  }
  const { codes } = await abort(idle)
  expect(seen).toEqual([listener])
  expect(codes).toEqual(['IDLE_LISTENER_FAILED'])
})

test('calls onabort with the other listeners, reports its error, and removes it', async () => {
  const idle = new IdleSignal()
  let calls = 0
  const listener = (): void => {
    calls++
    throw new Error('broken on purpose')
  }
  idle.signal.onabort = () => calls++
  idle.signal.onabort = null
  idle.signal.onabort = listener
  expect(idle.signal.onabort).toBe(listener)
  const { codes } = await abort(idle)
  expect(calls).toBe(1)
  expect(codes).toEqual(['IDLE_LISTENER_FAILED'])
})

test('removes a listener with removeEventListener()', () => {
  const idle = new IdleSignal()
  let calls = 0
  const listener = (): void => {
    calls++
  }
  const object = { handleEvent: listener }
  for (const each of [listener, object]) {
    idle.signal.addEventListener('abort', each)
    idle.signal.removeEventListener('abort', each)
    idle.signal.removeEventListener('abort', each)
  }
  idle.signal.removeEventListener('abort', () => {})
  expect(getEventListeners(idle.signal, 'abort')).toEqual([])
  idle.abort()
  expect(calls).toBe(0)
})

test('calls a listener once if it was added twice', () => {
  const idle = new IdleSignal()
  let calls = 0
  const listener = (): void => {
    calls++
  }
  idle.signal.addEventListener('abort', listener)
  idle.signal.addEventListener('abort', listener, { once: true })
  idle.abort()
  expect(calls).toBe(1)
})

test('supports the options once and signal', () => {
  const idle = new IdleSignal()
  const removal = new AbortController()
  let calls = 0
  idle.signal.addEventListener('abort', () => calls++, { signal: removal.signal })
  idle.signal.addEventListener('abort', () => calls++, { once: true })
  removal.abort()
  idle.abort()
  idle.signal.dispatchEvent(new Event('abort'))
  expect(calls).toBe(1)
})

test('leaves a wrong listener to Node', async () => {
  using warnings = new Warnings()
  const idle = new IdleSignal()
  const add = (listener: unknown) => () => Reflect.apply(idle.signal.addEventListener, idle.signal, ['abort', listener])
  const ordinary = new AbortController().signal
  const addOrdinary = (listener: unknown) => () =>
    Reflect.apply(ordinary.addEventListener, ordinary, ['abort', listener])
  for (const wrong of [5, 'listener', true]) {
    expect(addOrdinary(wrong)).toThrow(/listener/)
    expect(add(wrong)).toThrow(/listener/)
  }
  expect(add(null)).not.toThrow()
  await turns()
  expect(warnings.list).toMatchObject([{ name: 'AddEventListenerArgumentTypeWarning' }])
})

test('works with events.once and events.addAbortListener', async () => {
  const idle = new IdleSignal()
  const happened = once(idle.signal, 'abort')
  let calls = 0
  addAbortListener(idle.signal, () => calls++)
  addAbortListener(idle.signal, () => calls++)[Symbol.dispose]()
  idle.abort()
  const [event] = await happened
  expect(event).toBeInstanceOf(Event)
  expect(calls).toBe(1)
  expect(getEventListeners(idle.signal, 'abort')).toEqual([])
})

test('works with AbortSignal.any and timers', async () => {
  const idle = new IdleSignal()
  const derived = AbortSignal.any([idle.signal, new AbortController().signal])
  const waiting = delay(60_000, undefined, { signal: idle.signal })
  idle.abort('idle')
  await expect(waiting).rejects.toMatchObject({ name: 'AbortError', cause: 'idle' })
  expect(derived).toMatchObject({ aborted: true, reason: 'idle' })
  expect(AbortSignal.any([idle.signal])).toMatchObject({ aborted: true, reason: 'idle' })
})

test('does not warn of 100 listeners', async () => {
  using warnings = new Warnings()
  const idle = new IdleSignal()
  for (let each = 0; each < 100; each++) idle.signal.addEventListener('abort', () => each)
  await turns()
  expect(warnings.list).toEqual([])
})

test('leaves other signals as they are', () => {
  const before = [AbortSignal.prototype.addEventListener, EventTarget.prototype.addEventListener]
  new IdleSignal()
  expect([AbortSignal.prototype.addEventListener, EventTarget.prototype.addEventListener]).toEqual(before)
  expect(Object.hasOwn(new AbortController().signal, 'addEventListener')).toBe(false)
})
