import { describe, expect, test } from 'vitest'
import { Random } from '../clients/random.ts'
import { Answers } from './answers.ts'
import { cut, drawRequest } from './request.ts'
import { Tally } from './tally.ts'

const request = drawRequest(new Random('a request'), '1-1', 'session=1')

function answer(body: string, status = 200): string {
  return `HTTP/1.1 ${status} OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`
}

test('responses are read in pieces, and two in one piece', () => {
  const answers = new Answers()
  const text = answer('one') + answer('two')
  expect(answers.read(text.slice(0, 30))).toEqual([])
  expect(answers.read(text.slice(30)).map(({ body }) => body)).toEqual(['one', 'two'])
  expect(answers.rest).toBe('')
})

test('the pieces of a request form the request', () => {
  const random = new Random('pieces')
  for (let round = 0; round < 50; round++) expect(cut(random, request.wire).join('')).toBe(request.wire)
})

describe('a response is', () => {
  test.each<[string, string, number]>([
    ['answered', request.expected, 200],
    ['crossed', request.expected.replace('1-1', '2-1'), 200],
    ['split', request.expected.replace(/"length":\d+/, '"length":9999'), 200],
    ['split', '', 400],
  ])('%s if its body is %s and its status is %d', (outcome, body, status) => {
    const tally = new Tally()
    tally.judge(request, { status, last: false, body })
    expect(tally.counts).toMatchObject({ [outcome]: 1 })
    expect(tally.faults).toHaveLength(outcome === 'answered' ? 0 : 1)
  })

  test('a fault if it has no request, is missing, or its request was received twice or was never sent', () => {
    const tally = new Tally()
    tally.unasked({ status: 200, last: false, body: '' })
    tally.missing(request, 'FIN')
    tally.settle(['1-1', '1-2', '1-1', 'none: DELETE /everything'])
    expect(tally.counts).toMatchObject({ split: 3, lost: 1 })
  })

  test('excused if it was dropped and its program noted the drop', () => {
    const [noted, unnoted] = [new Tally(), new Tally()]
    for (const tally of [noted, unnoted]) tally.dropped(2)
    noted.settle(['drop'])
    unnoted.settle([])
    expect([noted.counts.dropped, noted.counts.lost, unnoted.counts.lost]).toEqual([2, 0, 1])
  })
})
