import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeTempFolder } from '@idle-shutdown/testing'
import { afterAll, describe, expect, test, vi } from 'vitest'
import type { RunOptions } from '../src/run/run-options.ts'
import { program, SupervisorProcess } from './supervisor.ts'

// Each test starts several processes, each of which takes seconds on a busy machine.
vi.setConfig({ testTimeout: 60_000 })

const folder = makeTempFolder(afterAll)

/** A server, and an interval that keeps its process alive. */
const server = `'${program('odd.js', 'busy').join("' '")}'`
writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'behind', scripts: { start: server } }))

const commands: [string, NodeJS.Signals, RunOptions['command']][] = [
  ['a shell', 'SIGTERM', ['sh', '-c', `${server}; true`]],
  ['two levels of shells', 'SIGINT', ['sh', '-c', `sh -c "${server}; true"; true`]],
  ['npm', 'SIGINT', ['npm', 'start']],
]

describe.skipIf(process.platform === 'win32').concurrent('a program behind others', () => {
  test.each(commands)(
    'ends as quickly as a direct one behind %s, when it is idle and by %s',
    async (_, signal, command) => {
      // A process that waited for its grace would outlast the test.
      const idle = { IDLE_PATIENCE: '200ms', IDLE_STARTUP_PATIENCE: '20s', IDLE_GRACE: '1h' }
      const supervised = await SupervisorProcess.start(command, { cwd: folder, idle })
      // A request on a kept connection may still be answered by the process that is ending.
      const headers = { connection: 'close' }
      const ask = async (): Promise<string> => (await fetch(supervised.url(), { headers })).text()
      expect(await ask()).toBe('busy')
      await supervised.event('idle')
      // The process is ending, so the next one answers.
      expect(await ask()).toBe('busy')
      await supervised.event('ended', 2)
      expect(await ask()).toBe('busy')
      supervised.kill(signal)
      expect(await supervised.ended).toMatchObject({ code: 0 })
      expect(supervised.count('killed')).toBe(0)
      expect(supervised.count('crashed')).toBe(0)
    },
  )
})
