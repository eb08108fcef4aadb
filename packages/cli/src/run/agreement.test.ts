import { Socket } from 'node:net'
import { expect, test } from 'vitest'
import { operator } from '../../test/operator.ts'
import type { ToProcess } from '../protocol/messages.ts'
import { Link } from './link.ts'
import { Switchboard } from './switchboard.ts'

/** A switchboard with simulated processes. Records the messages to each of them. */
function play(processes: number): {
  switchboard: Switchboard
  links: Link[]
  told: ToProcess['type'][][]
  answer(index: number, type: 'quiet' | 'resume' | 'ending' | 'sure'): void
  round(): number
} {
  const switchboard = new Switchboard(10, processes, operator())
  const told: ToProcess['type'][][] = []
  let round = 0
  const links = Array.from({ length: processes }, (_, index) => {
    const heard: ToProcess['type'][] = []
    told.push(heard)
    const link = new Link(1000 + index, (message) => {
      heard.push(message.type)
      if (message.type === 'look') round = message.round
    })
    switchboard.links.add(link)
    switchboard.receive(link, { type: 'claim', rank: 0, listen: index, pid: 1000 + index })
    return link
  })
  const answer = (index: number, type: 'quiet' | 'resume' | 'ending' | 'sure'): void => {
    const link = links[index]
    if (link !== undefined) switchboard.receive(link, type === 'sure' ? { type, round } : { type })
  }
  return { switchboard, links, told, answer, round: () => round }
}

test('one that serves alone may end at once, each time that it asks', () => {
  const { told, answer } = play(1)
  answer(0, 'quiet')
  answer(0, 'quiet')
  expect(told).toEqual([['go', 'go']])
})

test('several may end when all have asked, and have looked once more', () => {
  const { told, answer } = play(3)
  for (const index of [1, 0, 2]) {
    expect(told).toEqual([[], [], []])
    answer(index, 'quiet')
  }
  expect(told).toEqual([['look'], ['look'], ['look']])
  for (const index of [2, 0, 1]) {
    expect(told).toEqual([['look'], ['look'], ['look']])
    answer(index, 'sure')
  }
  expect(told).toEqual([
    ['look', 'go'],
    ['look', 'go'],
    ['look', 'go'],
  ])
})

test('one that was used meanwhile keeps all, and is waited for; what was said before does not count', () => {
  const { switchboard, links, told, answer, round } = play(2)
  answer(0, 'quiet')
  answer(1, 'quiet')
  const first = round()
  answer(1, 'resume')
  answer(0, 'sure')
  expect(told).toEqual([['look'], ['look']])
  answer(1, 'quiet')
  expect(told).toEqual([
    ['look', 'look'],
    ['look', 'look'],
  ])
  answer(1, 'sure')
  for (const link of links) switchboard.receive(link, { type: 'sure', round: first })
  expect(told.flat()).not.toContain('go')
  answer(0, 'sure')
  expect(told.map((heard) => heard.at(-1))).toEqual(['go', 'go'])
})

test.each(['it is gone', 'it ends', 'it serves no longer'])('one that is busy holds up the other until %s', (how) => {
  const { switchboard, links, told, answer } = play(2)
  answer(0, 'quiet')
  expect(told).toEqual([[], []])
  const [, busy] = links
  if (busy === undefined) throw new Error('no process')
  if (how === 'it is gone') switchboard.detach(busy)
  else switchboard.receive(busy, how === 'it ends' ? { type: 'ending' } : { type: 'release', listen: 1 })
  expect(told).toEqual([['go'], []])
})

test('one that is gone while all look leaves the others to look again', () => {
  const { switchboard, links, told, answer } = play(3)
  for (const index of [0, 1, 2]) answer(index, 'quiet')
  answer(0, 'sure')
  if (links[2] !== undefined) switchboard.detach(links[2])
  answer(0, 'sure')
  answer(1, 'sure')
  expect(told.slice(0, 2)).toEqual([
    ['look', 'look', 'go'],
    ['look', 'look', 'go'],
  ])
})

test('one that serves nothing holds up nobody, and ends with the others', () => {
  const { switchboard, links, told, answer } = play(2)
  const [tool, server] = links
  if (tool === undefined || server === undefined) throw new Error('no process')
  switchboard.receive(tool, { type: 'release', listen: 0 })
  answer(0, 'quiet')
  expect(told).toEqual([[], []])
  answer(1, 'quiet')
  expect(told).toEqual([['go'], ['go']])
  answer(1, 'ending')
  answer(0, 'quiet')
  expect(told).toEqual([['go', 'go'], ['go']])
})

test('none ends before all addresses are listened on, unless one takes too long', () => {
  const { switchboard, links, told, answer } = play(2)
  switchboard.begin()
  const [first, second] = links
  if (first === undefined || second === undefined) throw new Error('no process')
  switchboard.receive(second, { type: 'release', listen: 1 })
  switchboard.receive(first, { type: 'claim', rank: 0, listen: 0, pid: 1000 })
  answer(0, 'quiet')
  expect(told[0]).toEqual([])
  switchboard.settle()
  expect(told[0]).toEqual(['go'])
  switchboard.begin()
  switchboard.receive(first, { type: 'claim', rank: 0, listen: 0, pid: 1000 })
  answer(0, 'resume')
  answer(0, 'quiet')
  switchboard.receive(second, { type: 'claim', rank: 0, listen: 1, pid: 1001 })
  expect(told[0]).toEqual(['go'])
  answer(1, 'quiet')
  expect(told).toEqual([['go', 'look'], ['look']])
})

test('one to which a connection is just being piped goes on', () => {
  const { switchboard, links, told, answer } = play(1)
  const [link] = links
  if (link === undefined) throw new Error('no process')
  switchboard.receive(link, { type: 'claim', rank: 0, listen: 0, pid: 1000, path: 'here' })
  link.unacknowledged.set(1, { id: 1, listen: 0, socket: new Socket() })
  answer(0, 'quiet')
  answer(0, 'resume')
  link.unacknowledged.clear()
  answer(0, 'quiet')
  expect(told).toEqual([['wanted', 'go']])
})

// Time is simulated. A process asks a patience after its last use, and its question stays open until it is answered.
test.each([[[100, 100]], [[100, 333]], [[7, 1000]], [[100, 100, 100]], [[90, 60, 150]], [[1, 10, 100, 1000]]])(
  'processes with patiences of %j ms meet within the longest of them, however they are used before',
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
            answer(index, 'quiet')
          }
        }
        // All messages are handled before time passes.
        while (told.some((heard) => heard.length > 0)) {
          for (const [index, heard] of told.entries()) {
            for (const type of heard.splice(0)) {
              const idle = now - (used[index] ?? 0) >= (patiences[index] ?? 0)
              if (type === 'go') gone[index] = now
              else if (idle) answer(index, 'sure')
              else {
                asking[index] = false
                answer(index, 'resume')
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
