import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { AnyServer } from '@idle-shutdown/core'
import type { RawClient } from '@idle-shutdown/testing'
import { expect } from 'vitest'
import { type WebSocket, WebSocketServer } from 'ws'
import { type Behaviour, isHttp1 } from '../behaviour.ts'
import { answerTo } from '../pending-requests.ts'
import type { TestContext } from '../test-context.ts'

const UPGRADE = 'Host: localhost\r\nConnection: Upgrade\r\nUpgrade: thing\r\n\r\n'
const SWITCHED = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: thing\r\n\r\n'

/** Makes the server accept WebSockets. Returns the server's end of each. */
function acceptWebSockets(server: AnyServer): { next(): Promise<WebSocket> } {
  const accepting = new WebSocketServer({ noServer: true })
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    accepting.handleUpgrade(request, socket, head, (webSocket) => accepting.emit('connection', webSocket, request))
  })
  return {
    next: async () => {
      const [socket] = await once(accepting, 'connection')
      return socket
    },
  }
}

/** Makes the server answer every upgrade at once, and echo. */
function acceptUpgrades(server: AnyServer): void {
  server.on('upgrade', (_request: IncomingMessage, socket: Duplex) => {
    socket.on('error', () => {})
    socket.write(SWITCHED)
    socket.pipe(socket)
  })
}

async function upgrade(t: TestContext, path = '/'): Promise<RawClient> {
  const raw = await t.raw()
  await raw.send(`GET ${path} HTTP/1.1\r\n${UPGRADE}`)
  await raw.until(SWITCHED)
  return raw
}

const all: readonly Behaviour[] = [
  {
    name: 'upgrade header without a listener → an ordinary request, answered as it is without us',
    async run(t) {
      const { tracker } = await t.serve()
      expect(t.server.listenerCount('upgrade')).toBe(0)
      const raw = await t.raw()
      await raw.send(`GET /plain HTTP/1.1\r\n${UPGRADE}`)
      const pending = await t.requests.next()
      expect(tracker.active).toBe(1)
      await pending.answer()
      expect(await raw.until(answerTo('/plain'))).toContain('HTTP/1.1 200 OK')
      await t.expectIdleEnd()
    },
  },
  {
    name: 'WebSocket open → active; closed → fires, though it was the last connection',
    unix: true,
    async run(t) {
      let sockets: ReturnType<typeof acceptWebSockets> | undefined
      const { tracker } = await t.serve({}, (server) => {
        sockets = acceptWebSockets(server)
      })
      const accepted = sockets?.next()
      const client = await t.websocket()
      const server = await accepted
      expect(tracker.active).toBe(1)
      await t.expectStillUp()
      const [received] = await Promise.all([server && once(server, 'message'), client.send('hello')])
      expect(String(received?.[0])).toBe('hello')
      expect(tracker.active).toBe(1)
      client.close()
      await once(client, 'close')
      expect(await t.expectIdleEnd()).toMatchObject({ destroyed: 0 })
      expect(tracker.active).toBe(0)
    },
  },
  {
    name: 'WebSocket whose client vanishes → released',
    async run(t) {
      const { tracker } = await t.serve({}, acceptWebSockets)
      const client = await t.websocket()
      expect(tracker.active).toBe(1)
      client.terminate()
      await t.expectIdleEnd()
      expect(tracker.active).toBe(0)
    },
  },
  {
    name: 'upgrade listener added after watching → tracked',
    async run(t) {
      const { tracker } = await t.serve()
      const listener = (_request: IncomingMessage, socket: Duplex): void => {
        socket.on('error', () => {})
        socket.write(SWITCHED)
        socket.resume()
        socket.on('end', () => socket.end())
      }
      t.server.on('upgrade', listener)
      const raw = await upgrade(t)
      expect(tracker.active).toBe(1)
      await t.expectStillUp()
      raw.destroy()
      await t.expectIdleEnd()
    },
  },
  {
    name: 'upgrade listener removed after watching → upgrade requests are ordinary ones again',
    async run(t) {
      const { tracker } = await t.serve()
      const listener = (_request: IncomingMessage, socket: Duplex): void => {
        socket.end(SWITCHED)
      }
      t.server.on('upgrade', listener)
      t.server.off('upgrade', listener)
      expect(t.server.listenerCount('upgrade')).toBe(0)
      const raw = await t.raw()
      await raw.send(`GET /plain HTTP/1.1\r\n${UPGRADE}`)
      const pending = await t.requests.next()
      expect(tracker.active).toBe(1)
      await pending.answer()
      await raw.until(answerTo('/plain'))
      await t.expectIdleEnd()
    },
  },
  {
    name: "upgrades 'traffic' → no hold; bytes renew the deadline, silence lets it pass",
    async run(t) {
      const clock = t.stopTime()
      const idle = await t.serve({ upgrades: 'traffic', patience: 1000, clock }, acceptUpgrades)
      const raw = await upgrade(t)
      expect(idle.tracker.active).toBe(0)
      clock.step(900)
      await raw.send('ping')
      await raw.until('ping')
      clock.step(200)
      await t.settle()
      expect(idle.signal.aborted).toBe(false)
      // This time lies between one and two patiences after the last byte.
      clock.step(1000)
      await t.settle()
      expect(idle.signal.aborted).toBe(true)
    },
  },
  ...(
    [
      ['with bytes since the last deadline → its end renews the deadline', true],
      ['without a byte since the last deadline → the deadline stays where it was', false],
    ] as const
  ).map(
    ([how, moves]): Behaviour => ({
      name: `upgraded socket, upgrades 'traffic', that closes ${how}`,
      unix: true,
      async run(t) {
        const clock = t.stopTime()
        const { tracker } = await t.serve({ upgrades: 'traffic', patience: 1000, clock }, acceptUpgrades)
        const raw = await upgrade(t)
        // The first deadline sees the bytes of the response.
        clock.step(1000)
        await t.settle()
        const deadline = clock.date() + 1000
        expect(tracker.deadline).toEqual(new Date(deadline))
        clock.step(500)
        if (moves) {
          await raw.send('ping')
          await raw.until('ping')
        }
        raw.destroy()
        await t.disconnected(0)
        expect(tracker.explain().uncounted).toEqual([])
        expect(tracker.deadline).toEqual(new Date(moves ? deadline + 500 : deadline))
      },
    }),
  ),
  {
    name: "upgrades 'ignore' → never active; ended with FIN at the drain, after the signal's listeners",
    async run(t) {
      const idle = await t.serve({ upgrades: 'ignore' }, (server) => {
        server.on('upgrade', (_request: IncomingMessage, socket: Duplex) => {
          socket.write(SWITCHED)
          idle.signal.addEventListener('abort', () => socket.write('bye'))
        })
      })
      const raw = await upgrade(t)
      expect(idle.tracker.active).toBe(0)
      idle.tracker.touch()
      expect(await t.expectIdleEnd()).toMatchObject({ destroyed: 0 })
      await raw.until('bye')
      expect(await raw.ended).toEqual({ how: 'FIN' })
    },
  },
  {
    name: 'an ignored request that upgrades → never active, and the deadline stays where it was',
    async run(t) {
      const clock = t.stopTime()
      const { tracker } = await t.serve({ ignore: '/live', patience: '1m', clock }, acceptUpgrades)
      tracker.touch()
      const { deadline } = tracker
      clock.step(1000)
      const raw = await upgrade(t, '/live')
      expect(tracker.active).toBe(0)
      expect(tracker.deadline).toEqual(deadline)
      raw.destroy()
      await t.disconnected(0)
      expect(tracker.deadline).toEqual(deadline)
    },
  },
  {
    name: 'upgrade that is refused with an answer and closed → released',
    async run(t) {
      const { tracker } = await t.serve({}, (server) => {
        server.on('upgrade', (_request: IncomingMessage, socket: Duplex) => {
          socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n')
        })
      })
      const raw = await t.raw()
      await raw.send(`GET / HTTP/1.1\r\n${UPGRADE}`)
      await raw.until('403')
      await raw.ended
      expect(await t.expectIdleEnd()).toMatchObject({ destroyed: 0 })
      expect(tracker.active).toBe(0)
    },
  },
  {
    name: 'CONNECT without a listener → Node destroys it; released',
    async run(t) {
      const { tracker } = await t.serve()
      const raw = await t.raw()
      await raw.send('CONNECT example.com:443 HTTP/1.1\r\nHost: example.com\r\n\r\n')
      await raw.ended
      await t.disconnected(0)
      expect(tracker.active).toBe(0)
      await t.expectIdleEnd()
    },
  },
  {
    name: 'CONNECT with a listener → active until the tunnel closes',
    async run(t) {
      const { tracker } = await t.serve({}, (server) => {
        server.on('connect', (_request: IncomingMessage, socket: Duplex) => {
          socket.on('error', () => {})
          socket.write('HTTP/1.1 200 Connection Established\r\n\r\n')
          socket.pipe(socket)
        })
      })
      const raw = await t.raw()
      await raw.send('CONNECT example.com:443 HTTP/1.1\r\nHost: example.com\r\n\r\n')
      await raw.until('Established\r\n\r\n')
      expect(tracker.active).toBe(1)
      await t.expectStillUp()
      await raw.send('through')
      await raw.until('through')
      raw.halfClose()
      await raw.ended
      await t.expectIdleEnd()
      expect(tracker.active).toBe(0)
    },
  },
]

/** Connections that leave HTTP. */
export const upgrades: readonly Behaviour[] = all.map((behaviour) => ({ appliesTo: isHttp1, ...behaviour }))
