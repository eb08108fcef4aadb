import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import { idleShutdown } from '@idle-shutdown/core'
import { FullSpeed } from '../measure/full-speed.ts'
import { BARE, CONTROL, cpuTime, type DisposableVariant, inGenerations } from '../measure/rounds.ts'
import { type Benchmark, type Length, PATIENCE, type Row, rowOf } from '../measure/row.ts'
import { median } from '../measure/statistics.ts'
import {
  beginRequest,
  connect,
  disconnect,
  endRequest,
  keepChannelsOpen,
  memoryServer,
  requestOn,
} from '../subjects/memory-server.ts'

const GENERATIONS: Record<Length, number> = { quick: 1, normal: 10, long: 50 }
const ROUNDS: Record<Length, number> = { quick: 1, normal: 15, long: 15 }
const COUNT: Record<Length, number> = { quick: 1000, normal: 20_000, long: 20_000 }
/** The number of connections on which requests arrive in turn. */
const BUSY = 100

const WHATS = ['request', 'connection'] as const

/** The numbers of open connections, of servers, and of servers that receive requests. */
const SIZES = [
  { connections: 1, servers: 1, busy: 1 },
  { connections: 100, servers: 1, busy: 1 },
  { connections: 1000, servers: 1, busy: 1 },
  { connections: 10_000, servers: 1, busy: 1 },
  { connections: 1000, servers: 10, busy: 1 },
  { connections: 1000, servers: 100, busy: 1 },
  { connections: 1000, servers: 10, busy: 10 },
  { connections: 1000, servers: 100, busy: 100 },
] as const

const SUBJECTS = [
  { subject: BARE, kind: 'bare' },
  { subject: CONTROL, kind: 'control' },
  { subject: '@idle-shutdown/core', kind: 'ours' },
] as const

/** Measures whether the cost grows with the number of open connections or of watched servers. */
export const scale: Benchmark = async (length) => {
  keepChannelsOpen()
  const fullSpeed = new FullSpeed()
  const rows: Row[] = []
  for (const what of WHATS) {
    fullSpeed.allow(PATIENCE[length] / WHATS.length)
    const found = await inGenerations(GENERATIONS[length], ROUNDS[length], async () =>
      SIZES.flatMap((size) =>
        SUBJECTS.map(({ subject, kind }): DisposableVariant => {
          const load = new Load(size, kind === 'ours')
          const measure = () => fullSpeed.measured(() => nanosecondsPer(what, load, COUNT[length]))
          return { group: named(size), subject, kind, measure, close: () => load.leave() }
        }),
      ),
    )
    for (const { group, subject, kind, added } of found) {
      if (kind !== 'bare') rows.push(rowOf({ group, subject, kind, metric: `ns for a ${what}` }, added.map(median)))
    }
  }
  return rows
}

type What = (typeof WHATS)[number]
type Size = (typeof SIZES)[number]

function named({ connections, servers, busy }: Size): string {
  if (servers === 1) return `${connections} open on 1 server`
  return `${connections} open on ${servers} servers, ${busy === 1 ? 'one' : 'each'} of them busy`
}

function nanosecondsPer(what: What, load: Load, count: number): number {
  const begin = cpuTime()
  load[what](count)
  return (1000 * (cpuTime() - begin)) / count
}

/** Servers with open connections. Requests arrive on some of the connections. */
class Load {
  readonly #size: Size
  readonly #servers: readonly Server[]
  readonly #sockets: Socket[] = []
  readonly #busy: { server: Server; request: ReturnType<typeof requestOn> }[] = []
  readonly #undo: Disposable[] = []

  constructor(size: Size, watched: boolean) {
    const { connections, servers, busy } = size
    this.#size = size
    this.#servers = Array.from({ length: servers }, memoryServer)
    if (watched) {
      const idle = idleShutdown([], { patience: '1h' })
      this.#undo = [...this.#servers.map((server) => idle.watch(server)), idle.tracker]
    }
    for (let index = 0; index < connections; index++) {
      const server = this.#server(index)
      const socket = connect(server)
      this.#sockets.push(socket)
      if (index % servers < busy && this.#busy.length < BUSY) this.#busy.push({ server, request: requestOn(socket) })
    }
    // One more request stays in progress all the time, so that the benchmark compares the counting and not the clock.
    const server = this.#server(0)
    beginRequest(server, requestOn(this.#connect(server)))
  }

  request(count: number): void {
    const busy = this.#busy
    for (let done = 0; done < count; done++) {
      const each = busy[done % busy.length]
      if (each !== undefined) endRequest(beginRequest(each.server, each.request))
    }
  }

  connection(count: number): void {
    for (let done = 0; done < count; done++) disconnect(connect(this.#server(done % this.#size.busy)))
  }

  leave(): void {
    for (const undo of this.#undo) undo[Symbol.dispose]()
    for (const socket of this.#sockets) disconnect(socket)
  }

  #server(index: number): Server {
    const server = this.#servers[index % this.#servers.length]
    if (server === undefined) throw new Error('no servers')
    return server
  }

  #connect(server: Server): Socket {
    const socket = connect(server)
    this.#sockets.push(socket)
    return socket
  }
}
