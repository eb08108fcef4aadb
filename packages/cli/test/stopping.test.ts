import { describe, expect, test, vi } from 'vitest'
import type { RunOptions } from '../src/run/run-options.ts'
import { program, SupervisorProcess } from './supervisor.ts'

// Each test starts several processes, each of which takes seconds on a busy machine.
vi.setConfig({ testTimeout: 60_000 })

const [node, file] = program('odd.js')
const behindShell = (kind: string): [string, ...string[]] => [
  'sh',
  '-c',
  `'${node}' '${file}' ${kind} & echo "started $!" >&2; wait`,
]

/** Sends a request that may fail. */
function come(supervised: SupervisorProcess): void {
  fetch(supervised.url()).catch(() => {})
}

/** Reports whether any process of a command is left. An orphan is left until init has reaped it. */
function isLeft(command: number): boolean {
  try {
    return process.kill(-command, 0)
  } catch {
    return false
  }
}

interface State {
  readonly command: RunOptions['command']
  readonly options?: Partial<RunOptions>
  reached(supervised: SupervisorProcess): Promise<unknown>
}

const states: Record<string, State> = {
  asleep: { command: program('answer.js'), reached: async () => {} },
  starting: {
    command: program('odd.js', 'hangs'),
    reached: async (supervised) => {
      come(supervised)
      await supervised.event('starting')
    },
  },
  'starting behind a shell, which ends before its program': {
    command: behindShell('hangs'),
    reached: async (supervised) => {
      come(supervised)
      await supervised.printed(/started/, 'stderr')
    },
  },
  awake: {
    command: program('odd.js', 'busy'),
    reached: async (supervised) => (await fetch(supervised.url())).text(),
  },
  'awake behind a shell': {
    command: behindShell('busy'),
    reached: async (supervised) => (await fetch(supervised.url())).text(),
  },
  ending: {
    command: program('odd.js', 'lingers'),
    options: { idle: { IDLE_PATIENCE: '100ms' } },
    reached: async (supervised) => {
      await (await fetch(supervised.url())).text()
      await supervised.event('idle')
    },
  },
  'backing off': {
    command: program('odd.js', 'fails'),
    options: { backoff: 60_000 },
    reached: async (supervised) => {
      come(supervised)
      await supervised.event('backoff')
    },
  },
}

describe.skipIf(process.platform === 'win32').concurrent('a signal', () => {
  test.each(
    Object.entries(states).map(
      ([name, state], index) => [name, index % 2 === 0 ? 'SIGTERM' : 'SIGINT', state] as const,
    ),
  )('%s: %s ends the supervisor with code 0 before any grace, and leaves no process', async (_, signal, state) => {
    const { command, options, reached } = state
    const grace = { IDLE_GRACE: '1h', ...options?.idle }
    const supervised = await SupervisorProcess.start(command, { ...options, idle: grace })
    await reached(supervised)
    supervised.kill(signal)
    expect(await supervised.ended).toMatchObject({ code: 0 })
    expect(supervised.events.slice(-2).map(({ event }) => event)).toEqual(['stopping', 'stopped'])
    expect(supervised.count('killed')).toBe(0)
    for (const event of supervised.events) {
      if (event.event === 'starting') await vi.waitFor(() => expect(isLeft(event.pid)).toBe(false), 10_000)
    }
  })

  test('a second signal kills at once a command that ignores the first', async () => {
    const supervised = await SupervisorProcess.start(
      ['sh', '-c', 'trap "" TERM; echo ignoring >&2; sleep 600; sleep 600'],
      {
        idle: { IDLE_GRACE: '1h' },
      },
    )
    come(supervised)
    const { pid } = await supervised.event('starting')
    await supervised.printed(/ignoring/, 'stderr')
    supervised.kill('SIGTERM')
    await supervised.event('stopping')
    supervised.kill('SIGTERM')
    expect(await supervised.ended).toMatchObject({ code: 0 })
    await vi.waitFor(() => expect(isLeft(pid)).toBe(false), 10_000)
  })
})
