import { execFile } from 'node:child_process'
import { INSTALLATION } from './debian.ts'
import { Figures } from './figures.ts'
import type { Supervisor } from './supervisor.ts'

/** The number of requests that one curl makes. */
const EACH = 25

/** Returns the reason why curl cannot be used here, or `undefined` if it can. */
export async function missingCurl(): Promise<string | undefined> {
  const [major = 0, minor = 0] = (/^curl (\d+)\.(\d+)/.exec(await run(['--version'])) ?? []).slice(1).map(Number)
  return major > 7 || (major === 7 && minor >= 84) ? undefined : `curl 7.84 or later is not installed: ${INSTALLATION}`
}

/**
 * Runs several curls in sequence. Each keeps its connection, and sends its next request about one patience after the
 * last.
 */
export async function loadWithCurl(supervisor: Supervisor, patience: number, requests: number): Promise<Figures> {
  const figures = new Figures()
  figures.connections = 0
  const before = supervisor.starts()
  // Times run from 1 ms before the deadline to 10 ms after it. curl waits in whole milliseconds.
  for (let round = 0; figures.sent < requests; round++)
    await count(figures, supervisor, patience - 1 + ((round * 5) % 12))
  figures.starts = supervisor.starts() - before
  return figures
}

/** Runs one curl. A change of the responding process shows that the server was asleep. */
async function count(figures: Figures, { addresses: [address] }: Supervisor, interval: number): Promise<void> {
  if (address === undefined || !('port' in address)) throw new Error('curl is asked for TCP only')
  const output = await run([
    ...['--silent', '--max-time', '60', '--rate', `${Math.round(60_000 / interval)}/m`],
    ...['--write-out', '= %{http_code} %{num_connects} %{time_starttransfer} %{exitcode} %{errormsg}\n'],
    `http://${address.host}:${address.port}/[1-${EACH}]`,
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
    figures.losses.push(`curl reported ${exchanges.length} requests of ${EACH}`)
}

function run(args: readonly string[]): Promise<string> {
  return new Promise((resolve) => execFile('curl', args, (_error, stdout) => resolve(stdout)))
}
