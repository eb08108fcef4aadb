import type { Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { setTimeout as pass } from 'node:timers/promises'
import { IdleTracker } from '@idle-shutdown/core'
import { measure } from 'mitata'
import { beginRequest, connect, disconnect, endRequest, memoryServer, requestOn } from './memory-server.ts'
import { type Contender, cpuTime, inRounds, overFirst } from './rounds.ts'
import { type Benchmark, type Length, type Row, rowOf } from './row.ts'
import { type Wiring, wirings } from './wirings.ts'

const ROUNDS: Record<Length, number> = { quick: 1, normal: 60, long: 400 }
const REQUESTS = 4000
const CONNECTIONS = 1000
const METRIC = 'ns'

/** The least that anybody can do who wants to see requests begin and end, and counts nothing. */
const listenersOnly: Wiring = {
  subject: 'one listener, no counting',
  kind: 'floor',
  wire: (server) => {
    const onClose = (): void => {}
    const onRequest = (_request: unknown, response: ServerResponse): void => void response.on('close', onClose)
    server.prependListener('request', onRequest)
    return async () => server.off('request', onRequest)
  },
}

/** What watching costs where nothing else does anything: nanoseconds for each request and each connection. */
export const tracker: Benchmark = async (length) => {
  const rounds = ROUNDS[length]
  return [
    ...(await added('a request while others are in progress', rounds, REQUESTS, (wiring) => requests(wiring, true))),
    ...(await added('a request, and the count falls to zero', rounds, REQUESTS, (wiring) => requests(wiring, false))),
    ...(await added('a connection that comes and goes', rounds, CONNECTIONS, connections)),
    ...(await calls(length)),
  ]
}

/** What each wiring adds to bare Node. `prepare` gives what does so many of the thing. */
async function added(
  group: string,
  rounds: number,
  count: number,
  prepare: (wiring: Wiring) => Window,
): Promise<Row[]> {
  const contenders = [...wirings, listenersOnly].map(
    (wiring): Contender => ({ ...wiring, measure: () => nanosecondsPer(count, prepare(wiring)) }),
  )
  return [...overFirst(await inRounds(rounds, contenders))]
    .filter(([{ kind }]) => kind !== 'bare')
    .map(([{ subject, kind }, values]) => rowOf({ group, subject, kind, metric: METRIC }, values))
}

/** Something that is done many times, and tidied up. */
interface Window {
  run(count: number): void
  end(): Promise<unknown>
}

async function nanosecondsPer(count: number, window: Window): Promise<number> {
  // No collection here, however tidy: it throws compiled code away, and what is measured is compiling it again.
  window.run(count / 10)
  const begin = cpuTime()
  window.run(count)
  const nanoseconds = (1000 * (cpuTime() - begin)) / count
  await window.end()
  return nanoseconds
}

function requests(wiring: Wiring, amongOthers: boolean): Window {
  const server = memoryServer()
  const close = wiring.wire(server)
  const sockets = [connect(server), connect(server)]
  const [request, other] = sockets.map(requestOn)
  if (request === undefined || other === undefined) throw new Error('no sockets')
  const responses = [beginRequest(server, other)]
  // The bare connections have had their first request: only requests count now.
  for (const response of amongOthers ? [] : responses) endRequest(response)
  return {
    run: (count) => {
      for (let done = 0; done < count; done++) endRequest(beginRequest(server, request))
    },
    end: () => tidy(server, close, sockets),
  }
}

function connections(wiring: Wiring): Window {
  const server = memoryServer()
  const close = wiring.wire(server)
  return {
    run: (count) => {
      for (let done = 0; done < count; done++) disconnect(connect(server))
    },
    end: () => tidy(server, close, []),
  }
}

/** A server that never listened cannot be closed, which the peers' promises say, or wait for: that is no failure here. */
async function tidy(server: Server, close: () => Promise<unknown>, sockets: readonly Socket[]): Promise<void> {
  for (const socket of sockets) disconnect(socket)
  await Promise.race([close().catch(() => {}), pass(5)])
  server.removeAllListeners()
}

/** What the calls cost that an application may make itself. */
async function calls(length: Length): Promise<Row[]> {
  using tracker = new IdleTracker({ patience: '1h' })
  const group = 'a call'
  const options = { min_cpu_time: length === 'quick' ? 1e7 : 3e8 }
  const rows: Row[] = []
  const all: [subject: string, kind: Row['kind'], call: () => unknown][] = [
    ['nothing', 'bare', () => {}],
    ['nothing, again (A/A)', 'control', () => {}],
    ['performance.now()', 'bare', () => performance.now()],
    ['tracker.touch()', 'ours', () => tracker.touch()],
    ['tracker.hold().release()', 'ours', () => tracker.hold().release()],
  ]
  for (const [subject, kind, call] of all) {
    const { p50, p25, p75 } = await measure(call, options)
    rows.push({ group, subject, kind, metric: METRIC, value: p50, error: (p75 - p25) / 2 })
  }
  return rows
}
