import { createRequire } from 'node:module'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { reached } from './closures.ts'

type Handler = (request: unknown, response: unknown) => unknown

const app = Object.assign((): void => {}, { locals: { ready: true }, handle: (): void => {} })
const leads = (listener: unknown, target: unknown = app): boolean =>
  reached([listener], (value) => value === target).includes(Object(target))

class Web {
  readonly app = app
  serve(request: unknown, response: unknown): void {
    Reflect.apply(this.app, undefined, [request, response])
  }
}

const wrapped =
  (handler: Handler): Handler =>
  (request, response) =>
    handler(request, response)
const places = { web: { app, router: [app] } }
const hosts = { 'a.example': app }
const hostMap = new Map([['a.example', app]])
const hostSet = new Set([app])
const listeners = [() => {}, app]

describe('leads to the app', () => {
  test.each<[string, unknown]>([
    ['the app', app],
    ['a function that calls it', (...args: []) => app(...args)],
    ['one that calls a method of it', () => app.handle()],
    ['one that hands it over', () => Reflect.apply(app, undefined, [])],
    ['a function around a function around it', wrapped(wrapped(app))],
    ['a bound app', Function.prototype.bind.call(app, undefined)],
    ['a function that was bound with the app', wrapped.bind(undefined, app)],
    ['a method that is bound to an object which has the app', ((web) => web.serve.bind(web))(new Web())],
    ['a member of a member', () => places.web.app()],
    ['an object that a key is looked up in', (host: 'a.example') => hosts[host]()],
    ['a map', (host: string) => hostMap.get(host)?.()],
    ['a set', () => hostSet.forEach((each) => void each())],
    [
      'an inherited member',
      (
        (child) => () =>
          child.app()
      )(Object.create(places.web)),
    ],
    [
      'a method of an object that has the app',
      (
        (web) => () =>
          web.serve(1, 2)
      )(new Web()),
    ],
    ['one of several listeners', () => listeners.forEach((each) => void each())],
    ['one of several, spread', () => Reflect.apply(Array.of, Array, [...listeners])],
    ['an expression in a template', () => `${app()}`],
  ])('%s', (_, listener) => {
    expect(leads(listener)).toBe(true)
  })

  test('a function that replaces the listeners, as in engine.io and sockjs', () => {
    const replaced = (handler: Handler): Handler => {
      const others = [handler].slice(0)
      return (request, response) => {
        for (let i = 0; i < others.length; i++) others[i]?.call(undefined, request, response)
      }
    }
    expect(leads(replaced(app))).toBe(true)
  })

  test('both of two apps', () => {
    const other = (): void => {}
    const both = (): unknown => [app(), other()]
    expect(reached([both], (value) => value === app || value === other)).toHaveLength(2)
  })
})

describe('does not lead to the app', () => {
  test.each<[string, unknown]>([
    ['a function that names it nowhere', () => {}],
    ['one that reads a member of it only', () => app.locals.ready],
    ['one that has a key of its name', () => ({ app: true, locals: 1 })],
    // The app itself.
    ['one that says its name in texts and comments', () => /* app */ ['app', "app's"]],
    ['one that reads a member of its name of another object', (other: { app: unknown }) => other.app],
    [
      'one with a variable of its own that has the name',
      (
        (app: unknown) => () =>
          app
      )(1),
    ],
    ['something that is not a function', 'app'],
  ])('%s', (_, listener) => {
    expect(leads(listener)).toBe(false)
  })

  test('through a getter, which is not called', () => {
    const getter = vi.fn(() => app)
    const place = {
      get app() {
        return getter()
      },
    }
    expect(leads(() => place.app())).toBe(false)
    expect(getter).not.toHaveBeenCalled()
  })
})

test('does not read a proxy: none of its traps runs', () => {
  let traps = 0
  const place = new Proxy(
    { app },
    {
      get: (target, name) => {
        traps++
        return Reflect.get(target, name)
      },
      getOwnPropertyDescriptor: (target, name) => {
        traps++
        return Reflect.getOwnPropertyDescriptor(target, name)
      },
    },
  )
  expect(leads(() => place.app())).toBe(false)
  expect(traps).toBe(0)
})

test('ignores a variable that has no value yet', () => {
  const listener = (): unknown => later()
  expect(leads(listener)).toBe(false)
  const later = (): void => {}
  expect(leads(listener, later)).toBe(true)
})

test('ends the search when functions lead to each other', () => {
  const one = (): unknown => two()
  const two = (): unknown => one()
  expect(leads(one)).toBe(false)
})

test('reads functions of Node and of a library without calling them', () => {
  expect(leads(setTimeout)).toBe(false)
  expect(leads(createRequire(import.meta.url))).toBe(false)
})

describe('without an inspector', () => {
  afterEach(() => vi.restoreAllMocks())

  test.each([
    ['a runtime that has none', () => undefined],
    [
      'a policy that forbids it',
      () => {
        throw Object.assign(new Error('Access denied'), { code: 'ERR_ACCESS_DENIED' })
      },
    ],
  ])('finds nothing with %s', (_, getBuiltinModule) => {
    vi.spyOn(process, 'getBuiltinModule').mockImplementation(Object(getBuiltinModule))
    expect(leads(() => app())).toBe(false)
  })
})

test('keeps no object that it has read, and no session', () => {
  const before = process.getActiveResourcesInfo().length
  expect(leads(wrapped(app))).toBe(true)
  expect(process.getActiveResourcesInfo()).toHaveLength(before)
})
