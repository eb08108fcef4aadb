import { type Agent, request } from 'node:http'
import type { Target } from './target.ts'

/** An answer of one of our programs. */
export interface Answer {
  /** The process that gave it: the moment of its start (ms since the epoch) and its number. */
  readonly server: string
  /** Whether the process did not exist yet when the request was sent. */
  readonly asleep: boolean
  /** Milliseconds until the first byte. */
  readonly firstByte: number
}

/** A way of asking: one request, by whatever client. Rejects when it got no answer, or not its own. */
export type Ask = (target: Target, id: string) => Promise<Answer>

/** How long a request may take before it counts as lost. */
export const LIMIT = 60_000

/** One request on a connection of its own, or on one of the agent's. */
export function ask(target: Target, id: string, agent: Agent | false = false): Promise<Answer> {
  const sent = performance.timeOrigin + performance.now()
  return new Promise((resolve, reject) => {
    const asking = request({ ...target, path: `/${id}`, agent, timeout: LIMIT })
    asking.once('error', (error) => reject(Object.assign(error, { reused: asking.reusedSocket })))
    asking.once('timeout', () => asking.destroy(new Error(`no answer within ${LIMIT} ms`)))
    asking.once('response', (response) => {
      const firstByte = performance.timeOrigin + performance.now() - sent
      let body = ''
      response.setEncoding('utf8').on('data', (text: string) => {
        body += text
      })
      response.once('error', reject)
      response.once('end', () => {
        try {
          resolve(readAnswer(body, { id, sent, firstByte }))
        } catch (error) {
          reject(error)
        }
      })
    })
    asking.end()
  })
}

/** What was asked, when (ms since the epoch), and how long the first byte took (ms). */
export interface Asked {
  readonly id: string
  readonly sent: number
  readonly firstByte: number
}

/** @throws when the body is no answer to what was asked */
export function readAnswer(body: string, { id, sent, firstByte }: Asked): Answer {
  const [path, started, pid] = body.trim().split(' ')
  if (path !== `/${id}`) throw new Error(`asked for /${id}, and got ${JSON.stringify(body)}`)
  return { server: `${started} ${pid}`, asleep: Number(started) > sent, firstByte }
}
