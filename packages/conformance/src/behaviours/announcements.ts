import { ServerResponse } from 'node:http'
import type { RawClient } from '@idle-shutdown/testing'
import { expect } from 'vitest'
import { type Behaviour, isHttp1 } from '../behaviour.ts'
import type { PendingRequest } from '../pending-requests.ts'
import type { TestContext } from '../test-context.ts'

type Answer = (response: ServerResponse) => void

/** Headers that announce a kept connection. */
export const KEPT = { Connection: 'keep-alive', 'Keep-Alive': 'timeout=5' }

/** Ways in which applications and proxies keep the connection themselves, each before `end()` sends the head. */
const KEPT_BY: Readonly<Record<string, Answer>> = {
  nothing: () => {},
  'setHeader()': (response) => {
    for (const [name, value] of Object.entries(KEPT)) response.setHeader(name, value)
  },
  'setHeader(), with other case': (response) => {
    response.setHeader('CONNECTION', ['Keep-Alive', 'close-not'])
    response.setHeader('keep-ALIVE', 'timeout=5, max=100')
  },
  'only Keep-Alive': (response) => void response.setHeader('Keep-Alive', 'timeout=5'),
  'writeHead() with an object': (response) => void response.writeHead(200, KEPT),
  'writeHead() with names of lower case': (response) =>
    void response.writeHead(200, 'Fine', { connection: 'keep-alive', 'keep-alive': 'timeout=5' }),
  'writeHead() with a list of names and values': (response) =>
    void response.writeHead(200, ['Connection', 'keep-alive', 'Keep-Alive', 'timeout=5', 'Connection', 'keep-alive']),
  'writeHead() behind setHeader()': (response) => {
    response.setHeader('Connection', 'close')
    response.writeHead(200, KEPT)
  },
  'flushHeaders()': (response) => {
    response.setHeader('Connection', 'keep-alive')
    response.flushHeaders()
  },
  'write()': (response) => {
    response.setHeader('Connection', 'keep-alive')
    response.write('first ')
  },
  'no Connection at all': (response) => response.removeHeader('Connection'),
  'a writeHead() of a middleware, replaced when the answer is given': (response) => replaceWriteHead(response),
  '100, 102 and 103 before it': (response) => {
    response.writeContinue()
    response.writeProcessing()
    response.writeEarlyHints({ link: '</style.css>; rel=preload' })
    response.setHeader('Connection', 'keep-alive')
  },
  'Content-Length': (response) => void response.writeHead(200, { ...KEPT, 'Content-Length': 4 }),
  204: (response) => void response.writeHead(204, KEPT),
  304: (response) => void response.writeHead(304, KEPT),
}

/** Paths for {@link KEPT_BY}. */
const WAYS = Object.keys(KEPT_BY)

/** The `Connection` header of responses in a drain. */
export const announcements: readonly Behaviour[] = [
  {
    name: "headers unsent, and the application's own headers keep the connection → Connection: close, no Keep-Alive",
    appliesTo: isHttp1,
    async run(t) {
      const idle = await t.serve({ patience: '1h' })
      const clients = await clientsFor(t, WAYS)
      const requests = await callsOf(t, clients, (index) => `GET /${index} HTTP/1.1\r\nHost: localhost\r\n\r\n`)
      // Models a middleware that was there before the drain and sets its headers last, as `on-headers` does.
      const early = requests.at(-1)
      if (early !== undefined) replaceWriteHead(responseOf(early))
      void idle.close()
      await answerAll(requests)
      for (const client of clients) await expectClose(client)
      expect(await idle.closed).toMatchObject({ drained: clients.length, destroyed: 0 })
    },
  },
  {
    name: 'requests that arrive during the drain, answered at once with headers that keep the connection → Connection: close, no Keep-Alive',
    appliesTo: isHttp1,
    async run(t) {
      const idle = await t.serve({ patience: '1h' }, (server) => {
        server.prependListener('request', ({ url }, response: ServerResponse) => {
          if (url === '/now/keep') for (const [name, value] of Object.entries(KEPT)) response.setHeader(name, value)
        })
      })
      const methods = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE']
      const bodies = ['', 'Content-Length: 3\r\n\r\nabc', 'Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n']
      const requests = [
        'GET /now/keep HTTP/1.0\r\nConnection: keep-alive\r\n\r\n',
        'GET /now/keep HTTP/1.0\r\n\r\n',
        ...methods.flatMap((method) =>
          bodies.map((body) => `${method} /now/keep HTTP/1.1\r\nHost: localhost\r\n${body || '\r\n'}`),
        ),
      ]
      const clients = await clientsFor(t, requests)
      void idle.close()
      await Promise.all(clients.map((client, index) => client.send(requests[index] ?? '')))
      for (const client of clients) await expectClose(client)
      expect(await idle.closed).toMatchObject({ drained: clients.length, destroyed: 0 })
    },
  },
  {
    name: 'other options of Connection, and the answer 101 → kept',
    appliesTo: isHttp1,
    async run(t) {
      const idle = await t.serve({ patience: '1h' })
      const answers: [Answer, string][] = [
        [(response) => void response.writeHead(426, { Connection: 'Upgrade', Upgrade: 'h2c' }), 'close, Upgrade'],
        [(response) => void response.setHeader('Connection', 'X-Hop, Keep-Alive'), 'close, X-Hop'],
        [(response) => void response.writeHead(200, ['Connection', 'close']), 'close'],
        [(response) => void response.writeHead(101, { Connection: 'Upgrade', Upgrade: 'x' }), 'Upgrade'],
      ]
      const clients = await clientsFor(t, answers)
      const requests = await callsOf(t, clients, (index) => `GET /${index} HTTP/1.1\r\nHost: localhost\r\n\r\n`)
      void idle.close()
      for (const [index, [answer, value]] of answers.entries()) {
        const pending = requests[index]
        if (pending === undefined) throw new Error('No request')
        answer(responseOf(pending))
        pending.response.end()
        expect(connectionsIn((await clients[index]?.until('\r\n\r\n')) ?? '')).toEqual([value])
      }
      await idle.closed
    },
  },
]

/** Opens one client for each element. */
export async function clientsFor(t: TestContext, list: readonly unknown[]): Promise<RawClient[]> {
  const clients: RawClient[] = []
  while (clients.length < list.length) clients.push(await t.raw())
  return clients
}

/** Sends a request on each client and returns the pending requests in the same order. */
async function callsOf(
  t: TestContext,
  clients: readonly RawClient[],
  request: (index: number) => string,
): Promise<PendingRequest[]> {
  const requests: PendingRequest[] = []
  for (const [index, client] of clients.entries()) {
    await client.send(request(index))
    requests.push(await t.requests.next())
  }
  return requests
}

/** Answers each pending request in the way that its index selects. */
async function answerAll(requests: readonly PendingRequest[]): Promise<void> {
  for (const [index, pending] of requests.entries()) {
    KEPT_BY[WAYS[index] ?? '']?.(responseOf(pending))
    pending.response.end()
    await pending.closed
  }
}

/** Expects one `Connection: close` and no `Keep-Alive` in the last head before the end. */
export async function expectClose(client: RawClient): Promise<void> {
  expect(await client.ended).toEqual({ how: 'FIN' })
  const head = client.received.split(/(?=HTTP\/1\.1 )/).at(-1) ?? ''
  expect(
    connectionsIn(head).map((value) => value.split(', ')[0]),
    head,
  ).toEqual(['close'])
  expect(head).not.toMatch(/^keep-alive:/im)
}

/** Returns the values of `Connection` in a head. */
function connectionsIn(head: string): string[] {
  return [...head.matchAll(/^connection: (.*)\r$/gim)].map(([, value = '']) => value)
}

/** Replaces a response's `writeHead` as `on-headers` does. Compression and morgan use `on-headers`. */
function replaceWriteHead(response: ServerResponse): void {
  const { writeHead } = response
  response.writeHead = (status: number) => {
    response.setHeader('Connection', 'keep-alive')
    return Reflect.apply(writeHead, response, [status])
  }
}

export function responseOf({ response }: PendingRequest): ServerResponse {
  if (!(response instanceof ServerResponse)) throw new Error('A response of HTTP/1 only')
  return response
}
