import { once } from 'node:events'
import { get } from 'node:http'
import { text } from 'node:stream/consumers'
import { LIMIT } from './ask.ts'

/** Returns the body of a response on a connection of its own. Rejects if none arrives within {@link LIMIT}. */
export async function getText(port: number, path = '/'): Promise<string> {
  const signal = AbortSignal.timeout(LIMIT)
  const [response] = await once(get({ host: '127.0.0.1', port, path, agent: false, signal }), 'response')
  return text(response)
}
