import { afterAll, expect, test } from 'vitest'
import { FiguresTable } from '../src/figures-table.ts'
import { FRAMEWORKS } from '../src/framework.ts'
import { load } from '../src/load.ts'
import { type LoadProfile, readProfile } from '../src/load-profile.ts'
import { missingSocketActivate, startSocketActivate } from '../src/socket-activate.ts'
import type { Service, Supervisor } from '../src/supervisor.ts'
import { INETD, missingSuperserver, type Superserver, startSuperserver, XINETD } from '../src/supervisor-inetd.ts'
import { startPerl } from '../src/supervisor-perl.ts'
import { startSystemd, startSystemdEach } from '../src/supervisor-systemd.ts'
import { Systemd } from '../src/systemd.ts'

const PATIENCE = 40

/** A way of starting a server. */
interface Way {
  readonly name: string
  readonly missing?: string | undefined
  readonly start: (service: Service) => Promise<Supervisor>
  readonly amount: (profile: LoadProfile) => { readonly requests: number; readonly starts: number }
}

const each = ({ each }: LoadProfile): { requests: number; starts: number } => ({ requests: each, starts: each })
const others = ({ others }: LoadProfile): { requests: number; starts: number } => others

function superserver(name: string, which: Superserver): readonly Way[] {
  const missing = missingSuperserver(which)
  return [
    { name: `${name}, wait`, missing, amount: others, start: (service) => startSuperserver(which, 'wait', service) },
    { name: `${name}, nowait`, missing, amount: each, start: (service) => startSuperserver(which, 'nowait', service) },
  ]
}

const systemd = Systemd.missing()
const ways: readonly Way[] = [
  { name: 'perl, TCP and unix', amount: others, start: startPerl },
  { name: 'systemd, TCP and unix', missing: systemd, amount: ({ systemd }) => systemd, start: startSystemd },
  { name: 'systemd, Accept=yes', missing: systemd, amount: each, start: startSystemdEach },
  ...superserver('xinetd', XINETD),
  ...superserver('inetd', INETD),
  {
    name: 'systemd-socket-activate --accept',
    missing: missingSocketActivate(),
    amount: each,
    start: (service) => startSocketActivate(service, true),
  },
]
const profile = readProfile()
const table = new FiguresTable()
afterAll(() => table.printSums())

// Requests around the deadline, one per connection, to every framework under every supervisor. None may be lost.
for (const { name, missing, start, amount } of ways) {
  test.for(FRAMEWORKS)(`${name}: %s`, async (framework, { skip, task }) => {
    skip(missing !== undefined, missing)
    await using supervisor = await start({ framework, patience: PATIENCE })
    const figures = await load(supervisor, { patience: PATIENCE, ...amount(profile) })
    expect(figures.lost, `${figures.losses.join('\n')}\n${supervisor.output().slice(-2000)}`).toBe(0)
    table.print(task.name, figures)
  })
}
