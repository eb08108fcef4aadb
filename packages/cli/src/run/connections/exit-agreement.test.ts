import { Socket } from 'node:net'
import { expect, test } from 'vitest'
import { routerEvents } from '../../../test/router-events.ts'
import type { ToProcess } from '../../protocol/messages.ts'
import { ConnectionRouter } from './connection-router.ts'
import { ProcessLink } from './process-link.ts'

/** A router with simulated processes. Records the messages to each of them. */
function play(processes: number): {
  router: ConnectionRouter
  links: ProcessLink[]
  told: ToProcess['type'][][]
  answer(index: number, type: 'exit-request' | 'exit-cancelled' | 'draining' | 'exit-confirmed'): void
  round(): number
} {
  const router = new ConnectionRouter(10, processes, routerEvents())
  const told: ToProcess['type'][][] = []
  let round = 0
  const links = Array.from({ length: processes }, (_, index) => {
    const heard: ToProcess['type'][] = []
    told.push(heard)
    const link = new ProcessLink(1000 + index, (message) => {
      heard.push(message.type)
      if (message.type === 'exit-check') round = message.round
    })
    router.links.add(link)
    router.receive(link, { type: 'claim', rank: 0, listen: index, pid: 1000 + index })
    return link
  })
  const answer = (index: number, type: 'exit-request' | 'exit-cancelled' | 'draining' | 'exit-confirmed'): void => {
    const link = links[index]
    if (link !== undefined) router.receive(link, type === 'exit-confirmed' ? { type, round } : { type })
  }
  return { router, links, told, answer, round: () => round }
}

test('a process that serves alone may end each time that it asks', () => {
  const { told, answer } = play(1)
  answer(0, 'exit-request')
  answer(0, 'exit-request')
  expect(told).toEqual([['exit-granted', 'exit-granted']])
})

test('several processes may end when all have asked and then confirmed', () => {
  const { told, answer } = play(3)
  for (const index of [1, 0, 2]) {
    expect(told).toEqual([[], [], []])
    answer(index, 'exit-request')
  }
  expect(told).toEqual([['exit-check'], ['exit-check'], ['exit-check']])
  for (const index of [2, 0, 1]) {
    expect(told).toEqual([['exit-check'], ['exit-check'], ['exit-check']])
    answer(index, 'exit-confirmed')
  }
  expect(told).toEqual([
    ['exit-check', 'exit-granted'],
    ['exit-check', 'exit-granted'],
    ['exit-check', 'exit-granted'],
  ])
})

test('no process may end when one was used meanwhile, and earlier confirmations do not count', () => {
  const { router, links, told, answer, round } = play(2)
  answer(0, 'exit-request')
  answer(1, 'exit-request')
  const first = round()
  answer(1, 'exit-cancelled')
  answer(0, 'exit-confirmed')
  expect(told).toEqual([['exit-check'], ['exit-check']])
  answer(1, 'exit-request')
  expect(told).toEqual([
    ['exit-check', 'exit-check'],
    ['exit-check', 'exit-check'],
  ])
  answer(1, 'exit-confirmed')
  for (const link of links) router.receive(link, { type: 'exit-confirmed', round: first })
  expect(told.flat()).not.toContain('exit-granted')
  answer(0, 'exit-confirmed')
  expect(told.map((heard) => heard.at(-1))).toEqual(['exit-granted', 'exit-granted'])
})

test.each(['it is gone', 'it ends', 'it serves no longer'])(
  'a process that is in use delays the other until %s',
  (how) => {
    const { router, links, told, answer } = play(2)
    answer(0, 'exit-request')
    expect(told).toEqual([[], []])
    const [, busy] = links
    if (busy === undefined) throw new Error('no process')
    if (how === 'it is gone') router.detach(busy)
    else router.receive(busy, how === 'it ends' ? { type: 'draining' } : { type: 'release', listen: 1 })
    expect(told).toEqual([['exit-granted'], []])
  },
)

test('the others are asked again when a process is gone before it confirms', () => {
  const { router, links, told, answer } = play(3)
  for (const index of [0, 1, 2]) answer(index, 'exit-request')
  answer(0, 'exit-confirmed')
  if (links[2] !== undefined) router.detach(links[2])
  answer(0, 'exit-confirmed')
  answer(1, 'exit-confirmed')
  expect(told.slice(0, 2)).toEqual([
    ['exit-check', 'exit-check', 'exit-granted'],
    ['exit-check', 'exit-check', 'exit-granted'],
  ])
})

test('a process that serves nothing delays no other, and ends with them', () => {
  const { router, links, told, answer } = play(2)
  const [tool, server] = links
  if (tool === undefined || server === undefined) throw new Error('no process')
  router.receive(tool, { type: 'release', listen: 0 })
  answer(0, 'exit-request')
  expect(told).toEqual([[], []])
  answer(1, 'exit-request')
  expect(told).toEqual([['exit-granted'], ['exit-granted']])
  answer(1, 'draining')
  answer(0, 'exit-request')
  expect(told).toEqual([['exit-granted', 'exit-granted'], ['exit-granted']])
})

test('no process ends before all addresses are listened on, unless one takes too long', () => {
  const { router, links, told, answer } = play(2)
  router.begin()
  const [first, second] = links
  if (first === undefined || second === undefined) throw new Error('no process')
  router.receive(second, { type: 'release', listen: 1 })
  router.receive(first, { type: 'claim', rank: 0, listen: 0, pid: 1000 })
  answer(0, 'exit-request')
  expect(told[0]).toEqual([])
  router.settle()
  expect(told[0]).toEqual(['exit-granted'])
  router.begin()
  router.receive(first, { type: 'claim', rank: 0, listen: 0, pid: 1000 })
  answer(0, 'exit-cancelled')
  answer(0, 'exit-request')
  router.receive(second, { type: 'claim', rank: 0, listen: 1, pid: 1001 })
  expect(told[0]).toEqual(['exit-granted'])
  answer(1, 'exit-request')
  expect(told).toEqual([['exit-granted', 'exit-check'], ['exit-check']])
})

test('a process goes on when a connection is being piped to it', () => {
  const { router, links, told, answer } = play(1)
  const [link] = links
  if (link === undefined) throw new Error('no process')
  router.receive(link, { type: 'claim', rank: 0, listen: 0, pid: 1000, path: 'here' })
  link.unacknowledged.set(1, { id: 1, listen: 0, socket: new Socket() })
  answer(0, 'exit-request')
  answer(0, 'exit-cancelled')
  link.unacknowledged.clear()
  answer(0, 'exit-request')
  expect(told).toEqual([['cancel-exit', 'exit-granted']])
})

// Time is simulated. A process asks a patience after its last use, and its question stays open until it is answered.
test.each([[[100, 100]], [[100, 333]], [[7, 1000]], [[100, 100, 100]], [[90, 60, 150]], [[1, 10, 100, 1000]]])(
  'processes with patiences of %j ms agree within the longest of them, however they were used',
  (patiences) => {
    for (let seed = 1; seed <= 50; seed++) {
      const { told, answer } = play(patiences.length)
      const used = patiences.map(() => 0)
      const asking = patiences.map(() => false)
      const gone = patiences.map(() => Infinity)
      let random = seed
      let lastUse = 0
      const longest = Math.max(...patiences)
      for (let now = 1; now <= 5 * longest; now++) {
        for (const [index, patience] of patiences.entries()) {
          if (gone[index] !== Infinity) continue
          random = (random * 48_271) % 2_147_483_647
          if (now < 3 * longest && random % (2 * longest) === 0) {
            used[index] = now
            lastUse = now
          }
          const idle = now - (used[index] ?? 0) >= patience
          if (idle && asking[index] === false) {
            asking[index] = true
            answer(index, 'exit-request')
          }
        }
        // All messages are handled before time passes.
        while (told.some((heard) => heard.length > 0)) {
          for (const [index, heard] of told.entries()) {
            for (const type of heard.splice(0)) {
              const idle = now - (used[index] ?? 0) >= (patiences[index] ?? 0)
              if (type === 'exit-granted') gone[index] = now
              else if (idle) answer(index, 'exit-confirmed')
              else {
                asking[index] = false
                answer(index, 'exit-cancelled')
              }
            }
          }
        }
      }
      // All end in the same turn, and not before the last of them has been idle for its patience.
      expect(new Set(gone).size, `seed ${seed}`).toBe(1)
      for (const [index, patience] of patiences.entries())
        expect(gone[0]).toBeGreaterThanOrEqual((used[index] ?? 0) + patience)
      expect(gone[0]).toBeLessThanOrEqual(lastUse + longest)
    }
  },
)
