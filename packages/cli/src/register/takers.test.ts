import { createServer } from 'node:net'
import { describe, expect, test } from 'vitest'
import { EVERYWHERE } from './host.ts'
import { RANK, type Rank, type Taker, Takers } from './takers.ts'

const taker = (rank: Rank, address?: string): Taker => ({
  server: createServer(),
  host: { ...EVERYWHERE, address },
  rank,
})

describe('the servers of one place', () => {
  test('the best host for the address of the client is given the connection', () => {
    const takers = new Takers()
    const [local, other, all] = [
      taker(RANK.exact, '127.0.0.1'),
      taker(RANK.exact, '203.0.113.7'),
      taker(RANK.near, '::1'),
    ]
    for (const one of [local, other, all]) takers.open(one)
    expect(takers.choose('127.0.0.1')).toBe(local.server)
    expect(takers.choose('203.0.113.7')).toBe(other.server)
    expect(takers.choose('203.0.113.8')).toBeUndefined()
  })

  test('an exact one takes the place from those that have it for another reason, and they do not come back', () => {
    const takers = new Takers()
    const [only, exact] = [taker(RANK.only), taker(RANK.exact, '127.0.0.1')]
    takers.open(only)
    expect(takers.choose('203.0.113.7')).toBe(only.server)
    expect(takers.open(exact)).toEqual([only])
    expect(takers.choose('203.0.113.7')).toBeUndefined()
    expect(takers.rank).toBe(RANK.exact)
    takers.open(only)
    takers.leave(exact)
    expect(takers.rank).toBeUndefined()
  })

  test('only those that have begun on the port itself leave no room', () => {
    const takers = new Takers()
    const near = taker(RANK.near)
    takers.begin(near)
    expect([takers.wanted, takers.conflicts(EVERYWHERE)]).toEqual([true, false])
    const exact = taker(RANK.exact)
    takers.begin(exact)
    expect(takers.conflicts(EVERYWHERE)).toBe(true)
    takers.leave(exact)
    expect(takers.conflicts(EVERYWHERE)).toBe(false)
  })
})
