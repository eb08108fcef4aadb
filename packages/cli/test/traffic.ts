import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { text } from 'node:stream/consumers'
import type { SupervisorProcess } from './supervisor.ts'

/**
 * The connections of clients: a new one for each request, or one kept alive by Node's agent, or by its fetch (undici).
 */
export type Client = 'close' | 'agent' | 'fetch'

export interface TrafficOptions {
  readonly client: Client
  /** The number of clients that ask at the same time. */
  readonly clients: number
  /** The number of requests of each client. */
  readonly rounds: number
  /** The time (ms) without use after which the command is idle. */
  readonly patience: number
}

export interface TrafficReport {
  readonly answered: number
  /** The failures, one line each. */
  readonly lost: readonly string[]
}

/**
 * Sends requests of clients around the deadline, in rounds.
 *
 * Each client asks about a patience after the last round, a little earlier or later. Each request has a body, so that
 * no client repeats it by itself.
 */
export async function traffic(supervised: SupervisorProcess, options: TrafficOptions): Promise<TrafficReport> {
  const { client, clients, rounds, patience } = options
  const agents = Array.from({ length: clients }, () => new Agent({ keepAlive: true, maxSockets: 1 }))
  const lost: string[] = []
  let answered = 0
  for (let round = 0; round < rounds; round++) {
    const asked = agents.map(async (agent, index) => {
      await pass(patience + Math.random() * 40 - 15)
      const path = `/${round}-${index}`
      const url = supervised.url(path, index % supervised.ports.length)
      try {
        const answer = client === 'fetch' ? await viaFetch(url) : await viaAgent(url, client === 'agent' && agent)
        if (answer.includes(`"path":"${path}"`)) answered++
        else lost.push(`${path}: ${answer}`)
      } catch (error) {
        lost.push(`${path}: ${error instanceof Error ? `${error.message} ${String(error.cause ?? '')}` : error}`)
      }
    })
    await Promise.all(asked)
  }
  for (const agent of agents) agent.destroy()
  return { answered, lost }
}

async function viaAgent(url: string, agent: Agent | false): Promise<string> {
  const asked = request(url, { method: 'POST', agent })
  asked.end('body')
  const [response] = await once(asked, 'response')
  return text(response)
}

async function viaFetch(url: string): Promise<string> {
  return (await fetch(url, { method: 'POST', body: 'body' })).text()
}

function pass(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
