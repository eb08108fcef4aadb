import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import { idleShutdown } from '@idle-shutdown/core'
import {
  beginRequest,
  connect,
  disconnect,
  endRequest,
  keepChannelsOpen,
  memoryServer,
  requestOn,
} from './memory-server.ts'
import { type Contender, cpuTime, inRounds, overFirst } from './rounds.ts'
import { type Benchmark, type Length, type Row, rowOf } from './row.ts'

const ROUNDS: Record<Length, number> = { quick: 1, normal: 30, long: 150 }
const COUNT = 4000

/** Whether the cost grows with what is open, or with what is watched. */
export const scale: Benchmark = async (length) => {
  keepChannelsOpen()
  const rows: Row[] = []
  for (const connections of [1, 100, 1000, 10_000]) {
    rows.push(...(await added(`${connections} open on 1 server`, connections, 1, ROUNDS[length])))
  }
  for (const servers of [10, 100]) {
    rows.push(...(await added(`1000 open on ${servers} servers`, 1000, servers, ROUNDS[length])))
  }
  return rows
}

async function added(group: string, connections: number, servers: number, rounds: number): Promise<Row[]> {
  const kinds = ['bare', 'control', 'ours'] as const
  const rows: Row[] = []
  for (const what of ['request', 'connection'] as const) {
    const contenders = kinds.map(
      (kind): Contender => ({
        kind,
        subject: kind === 'ours' ? '@idle-shutdown/core' : 'bare Node again (A/A)',
        measure: () => nanosecondsPer(what, new Crowd(connections, servers, kind === 'ours')),
      }),
    )
    for (const [{ kind, subject }, values] of overFirst(await inRounds(rounds, contenders))) {
      if (kind !== 'bare') rows.push(rowOf({ group, subject, kind, metric: `ns for a ${what}` }, values))
    }
  }
  return rows
}

function nanosecondsPer(what: 'request' | 'connection', crowd: Crowd): number {
  crowd[what](2 * COUNT)
  const begin = cpuTime()
  crowd[what](COUNT)
  const nanoseconds = (1000 * (cpuTime() - begin)) / COUNT
  crowd.leave()
  return nanoseconds
}

/** Servers with open connections, on a few of which requests come and go. */
class Crowd {
  readonly #servers: readonly Server[]
  readonly #sockets: Socket[] = []
  readonly #busy: { server: Server; request: ReturnType<typeof requestOn> }[] = []
  readonly #undo: Disposable[] = []

  constructor(connections: number, servers: number, watched: boolean) {
    this.#servers = Array.from({ length: servers }, memoryServer)
    if (watched) {
      const idle = idleShutdown([], { patience: '1h' })
      this.#undo = [...this.#servers.map((server) => idle.watch(server)), idle.tracker]
    }
    for (let index = 0; index < connections; index++) {
      const server = this.#server(index)
      const socket = connect(server)
      this.#sockets.push(socket)
      // Of all that are open, some hundred are busy in turn.
      if (index < 100) this.#busy.push({ server, request: requestOn(socket) })
    }
    // One more request is in progress all the time: what is compared is the counting, and not the clock.
    const [busy] = this.#busy
    if (busy !== undefined) beginRequest(busy.server, requestOn(this.#connect(busy.server)))
  }

  request(count: number): void {
    const busy = this.#busy
    for (let done = 0; done < count; done++) {
      const each = busy[done % busy.length]
      if (each !== undefined) endRequest(beginRequest(each.server, each.request))
    }
  }

  connection(count: number): void {
    for (let done = 0; done < count; done++) disconnect(connect(this.#server(done)))
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
