import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { BARE } from '../src/rounds.ts'
import type { Work } from '../src/work.ts'

const PROGRAM = fileURLToPath(new URL('../dist/allocated.js', import.meta.url))
const FLAGS = ['--expose-gc', '--min-semi-space-size=128', '--max-semi-space-size=128', '--no-concurrent-recompilation']

/**
 * Returns the bytes that a request allocates. The young generation holds all of them, so nothing is collected in
 * between. V8 compiles on the main thread, since a busy machine may delay another thread. Until code is compiled,
 * numbers are heap objects.
 */
function allocated(subject: string, work: Work): number {
  const { stdout, stderr } = spawnSync(process.execPath, [...FLAGS, PROGRAM, subject, work], { encoding: 'utf8' })
  expect(stderr).toBe('')
  return Number(stdout)
}

function added(work: Work): number {
  return allocated('@idle-shutdown/core', work) - allocated(BARE, work)
}

test('a request while others are in progress: nothing is allocated', () => {
  expect(added('among')).toBeLessThan(12)
})

test('a request, and the count falls to zero: the number that the clock gives, and no more', () => {
  expect(added('last')).toBeLessThan(32)
})
