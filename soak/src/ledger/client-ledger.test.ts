import { describe, expect, test } from 'vitest'
import { type ClientConnection, ClientLedger, type SentRequest } from './client-ledger.ts'
import type { CycleReport } from './report.ts'

const PORT = 4000

/** Returns the report of a server that accepted one connection at 10 and closed its listener at 100. */
function report(more: Partial<CycleReport> & { cut?: number } = {}): CycleReport {
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

function sentRequest(connection: ClientConnection = { openedAt: 0, connectedAt: 5, port: PORT }): {
  ledger: ClientLedger
  request: SentRequest
} {
  let id = 0
  const ledger = new ClientLedger(() => ++id)
  const request = ledger.begin('test', connection)
  request.writtenAt = 50
  return { ledger, request }
}

describe('a request is', () => {
  test('answered once if its response arrived once', () => {
    const { ledger, request } = sentRequest()
    request.answered()
    expect(ledger.settle(report({ handled: [1] }))).toEqual([])
    expect(ledger.count('answered')).toBe(1)
  })

  test.each<[string, (request: SentRequest) => void, Partial<CycleReport> & { cut?: number }, RegExp]>([
    ['was answered twice', (request) => [request.answered(), request.answered()], { handled: [1] }, /already answered/],
    ['reached the handler twice', (request) => request.answered(), { handled: [1, 1] }, /handler twice/],
    ['was answered without a handler', (request) => request.answered(), {}, /never reached the handler/],
    [
      'received the response of another request',
      (request) => request.wrong('the response to another'),
      {},
      /response to another/,
    ],
    ['was left open', () => {}, {}, /left it open/],
    ['reached the handler', (request) => request.unanswered('FIN'), { handled: [1], cut: 60 }, /no response arrived/],
    ['was handled after the cut', (request) => request.unanswered('FIN'), { handled: [1], cut: 40 }, /no response arr/],
    [
      'arrived before the last look of the server',
      (request) => request.unanswered('FIN'),
      { cut: 60 },
      /10.00 ms before/,
    ],
    ['was on an open connection', (request) => request.unanswered('FIN'), {}, /had not ended the connection/],
    ['was never accepted', (request) => request.unanswered('RST'), { accepted: [] }, /never accepted/],
  ])('lost if it %s', (_, happens, seen, message) => {
    const { ledger, request } = sentRequest()
    happens(request)
    expect(ledger.settle(report(seen)).join()).toMatch(message)
  })

  test('abandoned if its client left, whatever the server answered', () => {
    const { ledger, request } = sentRequest()
    request.abandon()
    request.wrong('half a response')
    request.unanswered('local')
    expect(ledger.settle(report())).toEqual([])
    expect(ledger.count('abandoned')).toBe(1)
  })

  test('late if the last look of the server was before it was written', () => {
    const { ledger, request } = sentRequest()
    request.unanswered('RST')
    expect(ledger.settle(report({ cut: 40 }))).toEqual([])
    expect(ledger.count('late')).toBe(1)
  })

  test.each<[string, ClientConnection]>([
    ['no server listened', { openedAt: 0 }],
    ['the listener was closed', { openedAt: 110, connectedAt: 120, port: 4001 }],
  ])('unsent if %s', (_, connection) => {
    const { ledger, request } = sentRequest(connection)
    request.unanswered('RST')
    expect(ledger.settle(report())).toEqual([])
    expect(ledger.count('unsent')).toBe(1)
  })
})
