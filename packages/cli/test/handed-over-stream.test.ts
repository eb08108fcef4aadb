import { RawClient } from '@idle-shutdown/testing'
import { expect, test, vi } from 'vitest'
import { program, SupervisorProcess } from './supervisor.ts'

vi.setConfig({ testTimeout: 60_000 })

const [file, ...args] = program('shutdown.js', 'flushes')
const COMMANDS = {
  'as a direct child': [file, ...args],
  'behind a shell': ['sh', '-c', `'${[file, ...args].join("' '")}'; exit $?`],
} as const satisfies Record<string, readonly [string, ...string[]]>

test.each(Object.entries(COMMANDS))(
  'a stream that does not count is ended, and its connection is served by the next process, %s',
  async (_, command) => {
    const idle = { IDLE_PATIENCE: '300ms', IDLE_STARTUP_PATIENCE: '20s', IDLE_GRACE: '20s', IDLE_STREAMS: 'ignore' }
    const supervised = await SupervisorProcess.start([...command], { idle })
    const [port = 0] = supervised.ports
    const client = await RawClient.connect({ host: '127.0.0.1', port })
    await client.get('/stream')
    await client.until('event\n\r\n')
    // The last chunk. The head had announced no end of the connection.
    expect(await client.until('0\r\n\r\n')).toBe('0\r\n\r\n')
    await supervised.event('ended')
    await client.get('/')
    expect(await client.until('\r\n\r\n')).toContain('200 OK')
    expect(supervised.count('ready')).toBe(2)
    expect(supervised.count('killed')).toBe(0)
    client.destroy()
  },
)
