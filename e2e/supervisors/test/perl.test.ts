import { expect, test } from 'vitest'
import { FRAMEWORKS } from '../src/framework.ts'
import { load } from '../src/load.ts'
import { startPerl } from '../src/supervisor-perl.ts'

const PATIENCE = 40

test.each(FRAMEWORKS)(
  '%s, started by a small supervisor → requests around the deadline are all answered, on TCP and on a unix socket',
  { timeout: 60_000 },
  async (framework) => {
    await using supervisor = await startPerl({ framework, patience: PATIENCE })
    const figures = await load(supervisor, { patience: PATIENCE, requests: 20, starts: 3 })
    expect(figures.losses, supervisor.output()).toEqual([])
    expect(figures.sent).toBeGreaterThanOrEqual(20)
    expect(figures.starts).toBeGreaterThanOrEqual(3)
    // Each server ended by itself, with 0. The last one may still run.
    expect(supervisor.output().match(/^exited (?!0$).*$/gm)).toBeNull()
    expect(supervisor.output().match(/^exited 0$/gm)?.length).toBeGreaterThanOrEqual(figures.starts - 1)
  },
)
