import { Agent } from 'node:http'
import { type Dispatcher, RetryAgent, Agent as UndiciAgent } from 'undici'
import type { Address } from './address.ts'
import { type Ask, ask, LIMIT, readAnswer } from './ask.ts'

/** A client that keeps its connections. */
export interface KeepAliveClient extends AsyncDisposable {
  readonly ask: Ask
  /** Returns the number of connections that the client has made. */
  connections(): number
}

/** The clients by name. */
export const CLIENTS: Readonly<Record<string, () => KeepAliveClient>> = {
  'http.Agent': () => agent(false),
  'http.Agent, retrying': () => agent(true),
  undici: () => undici(new UndiciAgent()),
  'undici, RetryAgent': () => {
    const inner = new UndiciAgent()
    return undici(inner, new RetryAgent(inner, { minTimeout: 1 }))
  },
}

/**
 * Node's own client. With `retrying`, as Node's documentation shows, sends a request again if its reused connection was
 * closed.
 */
function agent(retrying: boolean): KeepAliveClient {
  const agent = new Agent({ keepAlive: true })
  let connections = 0
  const createConnection = agent.createConnection.bind(agent)
  agent.createConnection = (...args) => {
    connections++
    return createConnection(...args)
  }
  const once: Ask = (address, id) => ask(address, id, agent)
  const again: Ask = (address, id) =>
    once(address, id).catch((error) => {
      if (error.reused === true && error.code === 'ECONNRESET') return again(address, id)
      throw error
    })
  return {
    ask: retrying ? again : once,
    connections: () => connections,
    [Symbol.asyncDispose]: async () => agent.destroy(),
  }
}

/** undici, on which `fetch` is built. */
function undici(agent: UndiciAgent, dispatcher: Dispatcher = agent): KeepAliveClient {
  let connections = 0
  agent.on('connect', () => connections++)
  return {
    ask: async (address, id) => {
      const sent = performance.timeOrigin + performance.now()
      const { body } = await dispatcher.request({
        origin: origin(address),
        path: `/${id}`,
        method: 'GET',
        headersTimeout: LIMIT,
      })
      const firstByte = performance.timeOrigin + performance.now() - sent
      return readAnswer(await body.text(), { id, sent, firstByte })
    },
    connections: () => connections,
    [Symbol.asyncDispose]: () => agent.destroy(),
  }
}

function origin(address: Address): string {
  if ('port' in address) return `http://${address.host}:${address.port}`
  throw new Error('undici is asked for TCP only')
}
