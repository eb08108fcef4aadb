import { describe, expect, test } from 'vitest'
import { Account, type Attempt } from './account.ts'
import type { Contact } from './contact.ts'
import type { LifeReport } from './life-report.ts'

const PORT = 4000

/** Returns the report of a server that accepted one connection at 10 and closed its listener at 100. */
function report(more: Partial<LifeReport> & { cut?: number } = {}): LifeReport {
  const { cut, ...rest } = more
  return {
    accepted: [{ port: PORT, at: 10, ...(cut !== undefined && { cut }) }],
    listenerDown: 100,
    handled: [],
    left: { active: 0, ignored: 0, reasons: [] },
    figures: { duration: 0, drained: 0, destroyed: 0, abandoned: 0 },
    beforeGrace: '',
    idle: true,
    heap: 0,
    ...rest,
  }
}

function attempt(contact: Contact = { openedAt: 0, connectedAt: 5, port: PORT }): {
  account: Account
  attempt: Attempt
} {
  let id = 0
  const account = new Account(() => ++id)
  const attempt = account.begin('test', contact)
  attempt.writtenAt = 50
  return { account, attempt }
}

describe('a request is', () => {
  test('answered, where it was, once', () => {
    const { account, attempt: request } = attempt()
    request.answered()
    expect(account.settle(report({ handled: [1] }))).toEqual([])
    expect(account.count('answered')).toBe(1)
  })

  test.each<[string, (request: Attempt) => void, Partial<LifeReport> & { cut?: number }, RegExp]>([
    ['was answered twice', (request) => [request.answered(), request.answered()], { handled: [1] }, /answered already/],
    ['reached the handler twice', (request) => request.answered(), { handled: [1, 1] }, /handler twice/],
    ['was answered by nobody knows whom', (request) => request.answered(), {}, /never reached the handler/],
    ['got another answer', (request) => request.wrong('an answer to another'), {}, /answer to another/],
    ['was left open', () => {}, {}, /left open/],
    ['reached the handler', (request) => request.unanswered('FIN'), { handled: [1], cut: 60 }, /no answer came/],
    ['was handled after the cut', (request) => request.unanswered('FIN'), { handled: [1], cut: 40 }, /no answer came/],
    ['was there when the server looked', (request) => request.unanswered('FIN'), { cut: 60 }, /10.00 ms before/],
    ['was on an open connection', (request) => request.unanswered('FIN'), {}, /had not ended the connection/],
    ['was never accepted', (request) => request.unanswered('RST'), { accepted: [] }, /never accepted/],
  ])('lost, where it %s', (_, happens, seen, message) => {
    const { account, attempt: request } = attempt()
    happens(request)
    expect(account.settle(report(seen)).join()).toMatch(message)
  })

  test('given up, where its client left, whatever came of it', () => {
    const { account, attempt: request } = attempt()
    request.givenUp()
    request.wrong('half an answer')
    request.unanswered('local')
    expect(account.settle(report())).toEqual([])
    expect(account.count('given up')).toBe(1)
  })

  test('crossed, where the server had looked before it was written', () => {
    const { account, attempt: request } = attempt()
    request.unanswered('RST')
    expect(account.settle(report({ cut: 40 }))).toEqual([])
    expect(account.count('crossed')).toBe(1)
  })

  test.each<[string, Contact]>([
    ['nobody listened', { openedAt: 0 }],
    ['the listener was down', { openedAt: 110, connectedAt: 120, port: 4001 }],
  ])('unsent, where %s', (_, contact) => {
    const { account, attempt: request } = attempt(contact)
    request.unanswered('RST')
    expect(account.settle(report())).toEqual([])
    expect(account.count('unsent')).toBe(1)
  })
})
