import { once } from 'node:events'
import { get } from 'node:http'
import { text } from 'node:stream/consumers'

/** The longest time (ms) that a response may take. */
const LIMIT = 60_000

/**
 * Requests a path of 127.0.0.1 on a connection of its own, and returns the body of the response. Rejects if none
 * arrives within a minute.
 */
export async function getText(port: number, path = '/'): Promise<string> {
  const signal = AbortSignal.timeout(LIMIT)
  const [response] = await once(get({ host: '127.0.0.1', port, path, agent: false, signal }), 'response')
  return text(response)
}
