import { once } from 'node:events'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { endedByItself, KeepAliveClient, openWebSocket } from '@idle-shutdown/testing'
import { describe, expect, test, vi } from 'vitest'
import {
  addressOf,
  LIMIT,
  LONGER,
  needsOnDemand,
  onDemand,
  PATIENT,
  startCompanion,
  UNCALLED,
  UNHURRIED,
} from './companion.ts'

vi.setConfig({ testTimeout: LIMIT })

describe.concurrent.each([
  ['ws', '/'],
  ['@fastify/websocket', '/ws'],
  ['koa-websocket', '/'],
  ['express-ws', '/ws'],
])('%s', (name, path) => {
  test('ends by itself with 0 without a request', async () => {
    expect(await startCompanion(name, UNCALLED).ended).toMatchObject(endedByItself)
  })

  test('stays up while a WebSocket is open, and then ends', async () => {
    const program = startCompanion(name, UNHURRIED)
    const socket = await openWebSocket(await addressOf(program), false, path)
    const until = performance.now() + LONGER
    while (performance.now() < until) {
      socket.send('ping')
      expect(String((await once(socket, 'message'))[0])).toBe('ping')
    }
    const since = performance.now()
    socket.close()
    expect(await program.ended).toMatchObject(endedByItself)
    expect(performance.now() - since).toBeGreaterThan(490)
  })

  test('answers an ordinary request, and ends although the connection is kept', async () => {
    const program = startCompanion(name, UNHURRIED)
    const client = new KeepAliveClient(await addressOf(program))
    expect(await client.ask('/').answer).toMatchObject({ status: 200, body: 'Hello' })
    expect(await program.ended).toMatchObject(endedByItself)
    client.destroy()
  })

  test('closes an open WebSocket on SIGTERM, and ends with 0', async () => {
    const program = startCompanion(name, PATIENT)
    const socket = await openWebSocket(await addressOf(program), false, path)
    const closed = once(socket, 'close')
    program.kill('SIGTERM')
    // @fastify/websocket sends no code of its own: 1005.
    expect([1001, 1005]).toContain((await closed)[0])
    expect(await program.ended).toMatchObject(endedByItself)
  })
})

interface Client {
  on(event: string, listener: (...args: unknown[]) => void): unknown
  once(event: string, listener: (...args: unknown[]) => void): unknown
  send(text: string): unknown
  disconnect(): unknown
}

describe.concurrent.each(['socket.io', 'Express with socket.io'])('%s', (name) => {
  function connect({ port }: { port: number }, transports: string[]): Client {
    const { io } = createRequire(join(onDemand, 'package.json'))('socket.io-client')
    return io(`http://127.0.0.1:${port}`, { transports, reconnection: false })
  }
  const happens = (client: Client, event: string): Promise<unknown> =>
    new Promise((resolve, reject) => {
      client.once(event, resolve)
      if (event !== 'disconnect') client.once('disconnect', (why) => reject(new Error(`disconnected: ${why}`)))
    })

  test('ends by itself with 0 without a request', async (context) => {
    needsOnDemand(context)
    expect(await startCompanion(name, UNCALLED, onDemand).ended).toMatchObject(endedByItself)
  })

  test.for<[string[]]>([[['websocket']], [['polling']], [['polling', 'websocket']]])(
    'stays up while a client over %j is connected, and then ends',
    async ([transports], context) => {
      needsOnDemand(context)
      // Between two polls, nothing of the client is open, and a busy machine may take long for the next one.
      const program = startCompanion(name, `'4s', startupPatience: '1h'`, onDemand)
      const client = connect(await addressOf(program), transports)
      await happens(client, 'connect')
      const until = performance.now() + 5000
      while (performance.now() < until) {
        client.send('ping')
        expect(await happens(client, 'message')).toBe('ping')
      }
      client.disconnect()
      expect(await program.ended).toMatchObject(endedByItself)
    },
  )

  test('answers an ordinary request by the app', async (context) => {
    needsOnDemand(context)
    const program = startCompanion(name, UNHURRIED, onDemand)
    const client = new KeepAliveClient(await addressOf(program))
    expect(await client.ask('/').answer).toMatchObject({ status: 200, body: 'Hello' })
    expect(await program.ended).toMatchObject(endedByItself)
    client.destroy()
  })

  test.for<[string[]]>([[['websocket']], [['polling']]])(
    'disconnects a client over %j on SIGTERM, and ends with 0',
    async ([transports], context) => {
      needsOnDemand(context)
      const program = startCompanion(name, PATIENT, onDemand)
      const client = connect(await addressOf(program), transports)
      await happens(client, 'connect')
      const disconnected = happens(client, 'disconnect')
      program.kill('SIGTERM')
      await disconnected
      expect(await program.ended).toMatchObject(endedByItself)
    },
  )
})
