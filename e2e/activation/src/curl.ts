import { execFile } from 'node:child_process'
import { Figures } from './figures.ts'
import type { Supervisor } from './supervisor.ts'

/** How many requests a curl makes before it ends. */
const EACH = 25

/** Why curl cannot be used here; `undefined` where it can. */
export async function missingCurl(): Promise<string | undefined> {
  const [major = 0, minor = 0] = (/^curl (\d+)\.(\d+)/.exec(await run(['--version'])) ?? []).slice(1).map(Number)
  return major > 7 || (major === 7 && minor >= 84) ? undefined : 'curl 7.84 or later is not there'
}

/** Requests of curls, one after the other, that each keep a connection, and ask again about a patience after they asked. */
export async function loadWithCurl(supervisor: Supervisor, patience: number, requests: number): Promise<Figures> {
  const figures = new Figures()
  figures.connections = 0
  const before = supervisor.starts()
  // From 1 ms before the deadline to 10 after it. It is a whole number of ms that curl waits.
  for (let round = 0; figures.sent < requests; round++)
    await count(figures, supervisor, patience - 1 + ((round * 5) % 12))
  figures.starts = supervisor.starts() - before
  return figures
}

/** One curl. That the server was asleep is seen by another one's answering than before. */
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
  if (exchanges.filter(Boolean).length !== EACH)
    figures.losses.push(`curl told of ${exchanges.length} requests of ${EACH}`)
}

function run(args: readonly string[]): Promise<string> {
  return new Promise((resolve) => execFile('curl', args, (_error, stdout) => resolve(stdout)))
}
