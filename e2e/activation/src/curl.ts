import { execFile } from 'node:child_process'
import { Figures } from './figures.ts'
import type { Supervisor } from './supervisor.ts'

/** How many curls run side by side. Each keeps one connection. */
const CURLS = 4
/** How many requests a curl makes before it ends. */
const EACH = 25

/** Why curl cannot be used here; `undefined` where it can. */
export async function missingCurl(): Promise<string | undefined> {
  const [major = 0, minor = 0] = (/^curl (\d+)\.(\d+)/.exec(await run(['--version'])) ?? []).slice(1).map(Number)
  return major > 7 || (major === 7 && minor >= 84) ? undefined : 'curl 7.84 or later is not there'
}

/** Requests of curls that each keep a connection, and begin every request about a patience after the one before. */
export async function loadWithCurl(supervisor: Supervisor, patience: number, requests: number): Promise<Figures> {
  const figures = new Figures()
  figures.connections = 0
  const before = supervisor.starts()
  for (let round = 0; figures.sent < requests; round++) {
    // From 2 ms before the deadline to 9 after it.
    const interval = patience - 2 + (round % 12)
    await Promise.all(Array.from({ length: CURLS }, () => count(figures, supervisor, interval)))
  }
  figures.starts = supervisor.starts() - before
  return figures
}

/** One curl. Whether the server was asleep is seen by whether another one answers than before. */
async function count(figures: Figures, { targets: [target] }: Supervisor, interval: number): Promise<void> {
  if (target === undefined || !('port' in target)) throw new Error('curl is asked for TCP only')
  const output = await run([
    ...['--silent', '--max-time', '60', '--rate', `${Math.round(60_000 / interval)}/m`],
    ...['--write-out', '= %{http_code} %{num_connects} %{time_starttransfer} %{exitcode} %{errormsg}\n'],
    `http://${target.host}:${target.port}/[1-${EACH}]`,
  ])
  let last = ''
  const exchanges = output.split(/(?<=^= .*\n)/m)
  for (const [index, exchange] of exchanges.filter(Boolean).entries()) {
    const [, body = '', code, connects, seconds, exit, message] =
      /^(.*?)= (\d+) (\d+) (\S+) (\d+) ?(.*)\n$/s.exec(exchange) ?? []
    const [path, server = ''] = body.trim().split(/ (.*)/)
    const answered = exit === '0' && code === '200' && path === `/${index + 1}`
    figures.connections = (figures.connections ?? 0) + Number(connects ?? 0)
    await figures.count(
      answered
        ? Promise.resolve({ server, asleep: server !== last, firstByte: Number(seconds) * 1000 })
        : Promise.reject(new Error(`curl ${exit}: ${message} ${code} ${JSON.stringify(body)}`)),
    )
    last = server
  }
  if (exchanges.filter(Boolean).length !== EACH) figures.losses.push(`curl told of ${exchanges.length} requests of ${EACH}`)
}

function run(args: readonly string[]): Promise<string> {
  return new Promise((resolve) => execFile('curl', args, (_error, stdout) => resolve(stdout)))
}
