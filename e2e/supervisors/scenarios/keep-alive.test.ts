import { afterAll, expect, test } from 'vitest'
import { CLIENTS, type KeepAliveClient } from '../src/clients.ts'
import { loadWithCurl, missingCurl } from '../src/curl.ts'
import type { Figures } from '../src/figures.ts'
import { FiguresTable } from '../src/figures-table.ts'
import { type Load, load } from '../src/load.ts'
import { readProfile } from '../src/load-profile.ts'
import { missingNginx, startNginx } from '../src/nginx.ts'
import type { Supervisor } from '../src/supervisor.ts'
import { startSystemd } from '../src/supervisor-systemd.ts'
import { Systemd } from '../src/systemd.ts'

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

const curl = await missingCurl()
const profile = readProfile()
const table = new FiguresTable()
afterAll(() => table.printSums())

// Clients reuse their connections at the deadline.
for (const { name, missing, start } of CLOSERS) {
  test.for(Object.entries(CLIENTS))(`${name}: %s`, async ([client, open], { skip, task }) => {
    skip(missing !== undefined, missing)
    await using supervisor = await start()
    const figures = await loadKept(tcpOnly(supervisor), { patience: PATIENCE, requests: profile.kept }, open)
    // The losses of a client without retries are only measured, for our server and for nginx.
    if (client.includes(',')) expect(figures.lost, figures.losses.join('\n')).toBe(0)
    table.print(task.name, figures)
  })

  test(`${name}: curl`, async ({ skip, task }) => {
    const reason = missing ?? curl
    skip(reason !== undefined, reason)
    await using supervisor = await start()
    const figures = await loadWithCurl(tcpOnly(supervisor), PATIENCE, profile.curl)
    expect(figures.losses).toEqual([])
    expect(figures.lost).toBe(0)
    table.print(task.name, figures)
  })
}

// The remedy: with a patience above the keep-alive timeout, connections are closed long before the server ends.
test.for(Object.entries(CLIENTS).filter(([client]) => !client.includes(',')))(
  'kept, patience above the timeout: %s',
  async ([, open], { skip, task }) => {
    const missing = Systemd.missing()
    skip(missing !== undefined, missing)
    const [patience, keepAliveTimeout] = [2500, 1000]
    await using supervisor = await startSystemd({ framework: 'http', patience, keepAliveTimeout })
    const figures = await loadKept(tcpOnly(supervisor), { patience, requests: profile.above }, open)
    expect(figures.lost, figures.losses.join('\n')).toBe(0)
    table.print(task.name, figures)
  },
)

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
