import { describe, expect, test } from 'vitest'
import { MemorySocket } from '../../test/model/memory-socket.ts'
import { TestConnection } from '../../test/test-connection.ts'
import type { Countdown } from '../tracker/countdown.ts'
import { CONNECTION_STATES, type ConnectionState } from './connection-state.ts'

const STATES = Object.keys(CONNECTION_STATES) as ConnectionState[]
const LEGAL = STATES.flatMap((from) => CONNECTION_STATES[from].next.map((to) => ({ from, to })))

type Count = 'finish' | 'cancel' | 'pass'

function connect(state: ConnectionState, counts: boolean): { connection: TestConnection; countdown: Countdown } {
  const connection = new TestConnection(new MemorySocket(true), state, counts)
  return { connection, countdown: connection.context.countdown }
}

describe('the table of states', () => {
  test('has a way from handshaking to each state, and from each state to closed', () => {
    const reached = (from: ConnectionState): ConnectionState[] => {
      const seen = new Set([from])
      for (const state of seen) for (const next of CONNECTION_STATES[state].next) seen.add(next)
      return [...seen]
    }
    expect(reached('handshaking').toSorted()).toEqual(STATES.toSorted())
    for (const state of STATES) expect(reached(state)).toContain('closed')
  })

  test('lets a connection itself count only until its first request, and only in one mode', () => {
    for (const state of STATES) {
      const before = state === 'handshaking' || state === 'new'
      expect(CONNECTION_STATES[state].counts).toEqual({ connections: before, requests: false })
    }
  })
})

describe('enter', () => {
  test.each(LEGAL)('changes the state from $from to $to', ({ from, to }) => {
    const { connection } = connect(from, false)
    expect(connection.enter(to)).toBe(false)
    expect(connection.state).toBe(to)
    expect(connection.counts).toBe(false)
  })

  test.each(
    STATES.flatMap((from) => STATES.map((to) => ({ from, to }))).filter(
      ({ from, to }) => from !== to && from !== 'lingering' && !CONNECTION_STATES[from].next.includes(to),
    ),
  )('throws in tests when it changes the state from $from to $to', ({ from, to }) => {
    expect(() => connect(from, false).connection.enter(to)).toThrow(`A connection became ${to} after ${from}`)
  })

  test.each(STATES)('leaves a lingering connection lingering when it is to become %s, unless it closes', (to) => {
    const { connection } = connect('lingering', false)
    connection.enter(to)
    expect(connection.state).toBe(to === 'closed' ? 'closed' : 'lingering')
  })

  test.each(LEGAL.filter(({ from }) => CONNECTION_STATES[from].counts.connections))(
    'counts what the table says after $from has become $to',
    ({ from, to }) => {
      const { connection, countdown } = connect(from, true)
      expect(countdown.active).toBe(1)
      connection.enter(to)
      const counts = CONNECTION_STATES[to].counts.connections
      expect(connection.counts).toBe(counts)
      expect(countdown.active).toBe(counts ? 1 : 0)
    },
  )

  test.each<{ count: Count; active: number; renews: boolean }>([
    { count: 'finish', active: 0, renews: true },
    { count: 'cancel', active: 0, renews: false },
    { count: 'pass', active: 1, renews: false },
  ])('with $count leaves $active activities when the connection counted', ({ count, active, renews }) => {
    const { connection, countdown } = connect('new', true)
    expect(connection.enter('active', count)).toBe(true)
    expect(countdown.active).toBe(active)
    expect(countdown.deadline !== Infinity).toBe(renews)
  })

  test('changes nothing when the state is the same', () => {
    const { connection, countdown } = connect('new', true)
    connection.enter('new')
    expect(countdown.active).toBe(1)
    connection.enter('active')
    expect(connection.enter('active')).toBe(false)
    expect(countdown.active).toBe(0)
  })
})
