import { CLIENTS, type KeepAliveClient } from './clients.ts'
import { loadWithCurl, missingCurl } from './curl.ts'
import type { Figures } from './figures.ts'
import { type Load, load } from './load.ts'
import type { LoadProfile } from './load-profile.ts'
import { missingNginx, startNginx } from './nginx.ts'
import { must, type Scenario } from './scenario.ts'
import type { Supervisor } from './supervisor.ts'
import { startSystemd } from './supervisor-systemd.ts'
import { Systemd } from './systemd.ts'

const PATIENCE = 40

/**
 * The time window around the close of the connections. nginx closes at once, and our server first checks for input.
 * Every moment in the window is equally likely, so this difference does not affect the comparison.
 */
const WINDOWS = [[-3, 17]] as const

/** The servers that close connections: ours when it ends, and nginx at its keep-alive timeout. */
const CLOSERS: readonly {
  readonly name: string
  readonly missing?: string | undefined
  start(): Promise<Supervisor>
}[] = [
  {
    name: 'kept, systemd',
    missing: Systemd.missing(),
    start: () => startSystemd({ framework: 'http', patience: PATIENCE }),
  },
  { name: 'kept, nginx', missing: missingNginx(), start: () => startNginx(PATIENCE) },
]

/**
 * Tests clients that reuse their connections at the deadline. Clients that retry must lose nothing. For the others,
 * losses are counted.
 */
export async function keepAliveScenarios(): Promise<readonly Scenario[]> {
  const curl = await missingCurl()
  return [...atTheClosing(curl), ...belowThePatience()]
}

/**
 * Tests the remedy. With a patience above the keep-alive timeout, connections are closed long before the server ends.
 */
function belowThePatience(): Scenario[] {
  const [patience, keepAliveTimeout] = [2500, 1000]
  return Object.entries(CLIENTS)
    .filter(([client]) => !client.includes(','))
    .map(([client, open]) => ({
      name: `kept, patience above the timeout: ${client}`,
      missing: Systemd.missing(),
      run: async ({ above }: LoadProfile) => {
        await using supervisor = await startSystemd({ framework: 'http', patience, keepAliveTimeout })
        const figures = await loadKept(tcpOnly(supervisor), { patience, requests: above }, open)
        must(figures.lost === 0, `lost ${figures.lost}:\n${figures.losses.join('\n')}`)
        return figures
      },
    }))
}

function atTheClosing(curl: string | undefined): Scenario[] {
  return CLOSERS.flatMap(({ name, missing, start }) => [
    ...Object.entries(CLIENTS).map(([client, open]) => ({
      name: `${name}: ${client}`,
      missing,
      run: async ({ kept }: LoadProfile) => {
        await using supervisor = await start()
        const figures = await loadKept(tcpOnly(supervisor), { patience: PATIENCE, requests: kept }, open)
        // The losses of a client without retries are only measured, for our server and for nginx.
        must(figures.lost === 0 || !client.includes(','), `lost ${figures.lost}:\n${figures.losses.join('\n')}`)
        return figures
      },
    })),
    {
      name: `${name}: curl`,
      missing: missing ?? curl,
      run: async ({ curl: requests }: LoadProfile) => {
        await using supervisor = await start()
        const figures = await loadWithCurl(tcpOnly(supervisor), PATIENCE, requests)
        must(figures.lost === 0 && figures.losses.length === 0, `lost ${figures.lost}:\n${figures.losses.join('\n')}`)
        return figures
      },
    },
  ])
}

async function loadKept(
  supervisor: Supervisor,
  amount: Pick<Load, 'patience' | 'requests'>,
  open: () => KeepAliveClient,
): Promise<Figures> {
  await using client = open()
  const times = { starts: 0, burst: 20, spread: 1, windows: WINDOWS }
  const figures = await load(supervisor, { ...amount, ...times, ask: client.ask })
  figures.connections = client.connections()
  return figures
}

function tcpOnly(supervisor: Supervisor): Supervisor {
  return { ...supervisor, addresses: supervisor.addresses.filter((address) => 'port' in address) }
}
