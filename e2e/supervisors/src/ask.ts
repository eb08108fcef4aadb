import { type Agent, request } from 'node:http'
import type { Address } from './address.ts'

/** A response of one of our programs. */
export interface Answer {
  /** The process that responded: its start time (ms since the epoch) and its id. */
  readonly server: string
  /** The process started after the request was sent. */
  readonly asleep: boolean
  /** Milliseconds until the first byte. */
  readonly firstByte: number
}

/** Sends one request with some client. Rejects without a response, and with the response to another request. */
export type Ask = (address: Address, id: string) => Promise<Answer>

/** The longest time (ms) that a request may take before it counts as lost. */
export const LIMIT = 60_000

/** Sends one request on its own connection, or on one of the agent's. */
export function ask(address: Address, id: string, agent: Agent | false = false): Promise<Answer> {
  const sent = performance.timeOrigin + performance.now()
  return new Promise((resolve, reject) => {
    const asking = request({ ...address, path: `/${id}`, agent, timeout: LIMIT })
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

/** A request: its id, its time (ms since the epoch), and the time to the first byte (ms). */
export interface Asked {
  readonly id: string
  readonly sent: number
  readonly firstByte: number
}

/** @throws if the body is not the response to the request */
export function readAnswer(body: string, { id, sent, firstByte }: Asked): Answer {
  const [path, started, pid] = body.trim().split(' ')
  if (path !== `/${id}`) throw new Error(`asked for /${id}, and got ${JSON.stringify(body)}`)
  return { server: `${started} ${pid}`, asleep: Number(started) > sent, firstByte }
}
