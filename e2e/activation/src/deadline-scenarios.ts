import type { Figures } from './figures.ts'
import { FRAMEWORKS, type Framework } from './framework.ts'
import { load } from './load.ts'
import type { LoadProfile } from './load-profile.ts'
import { must, type Scenario } from './scenario.ts'
import { missingSocketActivate, startSocketActivate } from './socket-activate.ts'
import type { Service, Supervisor } from './supervisor.ts'
import { INETD, missingSuperserver, type Superserver, startSuperserver, XINETD } from './supervisor-inetd.ts'
import { startPerl } from './supervisor-perl.ts'
import { startSystemd, startSystemdEach } from './supervisor-systemd.ts'
import { Systemd } from './systemd.ts'

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

/**
 * Sends requests around the deadline, one per connection, to every framework under every supervisor. None may be lost.
 */
export function deadlineScenarios(): readonly Scenario[] {
  const systemd = Systemd.missing()
  const activate = missingSocketActivate()
  const ways: readonly Way[] = [
    { name: 'perl, TCP and unix', amount: others, start: startPerl },
    { name: 'systemd, TCP and unix', missing: systemd, amount: ({ systemd }) => systemd, start: startSystemd },
    { name: 'systemd, Accept=yes', missing: systemd, amount: each, start: startSystemdEach },
    ...superserver('xinetd', XINETD),
    ...superserver('inetd', INETD),
    {
      name: 'systemd-socket-activate --accept',
      missing: activate,
      amount: each,
      start: (service) => startSocketActivate(service, true),
    },
  ]
  return ways.flatMap((way) =>
    FRAMEWORKS.map((framework) => ({
      name: `${way.name}: ${framework}`,
      missing: way.missing,
      run: (profile: LoadProfile) => aroundTheDeadline(way, framework, profile),
    })),
  )
}

async function aroundTheDeadline({ start, amount }: Way, framework: Framework, profile: LoadProfile): Promise<Figures> {
  await using supervisor = await start({ framework, patience: PATIENCE })
  const figures = await load(supervisor, { patience: PATIENCE, ...amount(profile) })
  must(figures.lost === 0, `lost ${figures.lost}:\n${figures.losses.join('\n')}\n${supervisor.output().slice(-2000)}`)
  return figures
}
