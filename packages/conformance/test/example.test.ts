import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { endPrograms, Program } from '@idle-shutdown/testing'
import { afterAll, expect, test } from 'vitest'
import { behavioursOf, runBehaviour } from '../src/run-behaviour.ts'
import type { Subject } from '../src/subject.ts'

// A third party runs the suite in a vitest of its own, against the built packages.

const EXAMPLE = join(import.meta.dirname, '../example')
const VITEST = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs')
/** Milliseconds. The suite takes 20 seconds on an idle machine. */
const LIMIT = 300_000

afterAll(endPrograms)

test('the adapter of the example runs all behaviours of HTTP/1.1 and passes', { timeout: LIMIT }, async () => {
  const args = [VITEST, 'run', '--root', EXAMPLE, '--reporter', 'json']
  const { code, stdout, stderr } = await new Program(args, { limit: LIMIT }).ended
  const report = JSON.parse(/^\{.*"numTotalTests".*/m.exec(stdout)?.[0] ?? '{}')
  expect(report, stdout + stderr).toMatchObject({ numFailedTests: 0, success: true })
  const subject: Subject = { name: '', protocol: 'http/1.1', secure: false, ignoredRoute: '/healthz', serve }
  expect(report.numPassedTests).toBe(behavioursOf(subject).length + behavioursOf(subject, 'unix').length)
  expect(code).toBe(0)
})

test('an adapter that watches nothing fails', async () => {
  const subject: Subject = { name: '', protocol: 'http/1.1', secure: false, serve }
  const [behaviour] = behavioursOf(subject)
  await expect(behaviour && runBehaviour(behaviour, subject)).rejects.toThrow()
})

test('the README shows the files of the example', () => {
  const readme = readFileSync(join(import.meta.dirname, '../README.md'), 'utf8')
  for (const file of ['steps.ts', 'steps.test.ts', 'vitest.config.ts'])
    expect(readme).toContain(readFileSync(join(EXAMPLE, file), 'utf8'))
})

async function serve(): Promise<never> {
  throw new Error('serves nothing')
}
