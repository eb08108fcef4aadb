import { Agent } from 'node:http'
import { type Dispatcher, RetryAgent, Agent as UndiciAgent } from 'undici'
import { type Ask, ask, LIMIT, readAnswer } from './ask.ts'
import type { Target } from './target.ts'

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
  const once: Ask = (target, id) => ask(target, id, agent)
  const again: Ask = (target, id) =>
    once(target, id).catch((error) => {
      if (error.reused === true && error.code === 'ECONNRESET') return again(target, id)
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
    ask: async (target, id) => {
      const sent = performance.timeOrigin + performance.now()
      const { body } = await dispatcher.request({
        origin: origin(target),
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

function origin(target: Target): string {
  if ('port' in target) return `http://${target.host}:${target.port}`
  throw new Error('undici is asked for TCP only')
}
