import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { Program } from '@idle-shutdown/testing'
import { describe, expect, test, vi } from 'vitest'
import { LIMIT, needsOnDemand, onDemand } from './companion.ts'

vi.setConfig({ testTimeout: LIMIT })

// A user's suite with apps that go idle long before it ends. Every test runs, and the runner ends by itself. The runner
// would not end if our code left a handle open.

const suite = join(import.meta.dirname, '../../programs/companions/suite')
/** The number of cases, and of those that jest can load before Node 24.9 (without Fastify). */
const [COUNT, COUNT_OF_JEST] = [6, 4]

/** Removes the variables that the runner of this test sets for its children. */
const env = {
  VITEST: undefined,
  VITEST_WORKER_ID: undefined,
  NODE_ENV: undefined,
  NO_COLOR: '1',
  FORCE_COLOR: undefined,
}

describe('a user’s suite', () => {
  test('node:test', async () => {
    const ending = await new Program(['--test', '--test-reporter=tap', join(suite, 'node.test.js')], {
      env: { ...env, NODE_TEST_CONTEXT: undefined },
      limit: LIMIT,
    }).ended
    expect(ending).toMatchObject({ code: 0, stdout: expect.stringContaining(`# pass ${COUNT}\n`) })
  })

  test('vitest', async () => {
    const bin = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs')
    const args = ['run', '--root', suite, '--reporter=json', '--no-file-parallelism', 'vitest.spec.js']
    const { code, stdout } = await new Program([bin, ...args], { env, limit: LIMIT }).ended
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ success: true, numPassedTests: COUNT })
  })

  test('jest, --detectOpenHandles', async (context) => {
    needsOnDemand(context)
    const bin = createRequire(join(onDemand, 'package.json')).resolve('jest/bin/jest')
    const config = JSON.stringify({ testMatch: ['**/jest.spec.js'], transform: {}, testTimeout: LIMIT })
    const args = ['--rootDir', suite, '--config', config, '--runInBand', '--detectOpenHandles', '--json']
    const { code, stdout, stderr } = await new Program(['--experimental-vm-modules', bin, ...args], {
      env,
      limit: LIMIT,
    }).ended
    expect(JSON.parse(stdout)).toMatchObject({ success: true, numPassedTests: COUNT_OF_JEST, openHandles: [] })
    expect(stderr).not.toContain('did not exit')
    expect(code).toBe(0)
  })
})
