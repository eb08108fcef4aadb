import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openWebSocket } from '@idle-shutdown/testing'
import { describe, expect, type TestContext, test, vi } from 'vitest'
import { LIMIT, makeFolder } from './companions/companion.ts'
import { Supervised } from './supervised.ts'

vi.setConfig({ testTimeout: LIMIT })

/** A program that knows nothing of an idle end, and closes no client itself. */
const CHAT = `
import { createServer } from 'node:http'
import { WebSocketServer } from 'ws'

const server = createServer((_req, res) => res.end('Hello'))
const sockets = new WebSocketServer({ server })
sockets.on('connection', (socket) => socket.on('message', (text) => socket.send(String(text))))
server.listen(process.env.PORT, '127.0.0.1')
`
const PATIENCE = 1000
/** The longest time (ms) from idle to the end of the process. The grace, which must not pass, is 10 s. */
const SOON = 5000

async function chat({ onTestFinished }: TestContext, upgrades: string): Promise<Supervised> {
  const file = join(makeFolder(), 'server.mjs')
  writeFileSync(file, CHAT)
  const supervised = await Supervised.start(file, ['--patience', `${PATIENCE}ms`, '--upgrades', upgrades])
  onTestFinished(() => supervised[Symbol.asyncDispose]())
  return supervised
}

/** Opens a WebSocket that says something once, and is silent from then on. */
async function connect({ heldPort }: Supervised): Promise<{ closed: Promise<[number, Buffer]> }> {
  const socket = await openWebSocket({ host: '127.0.0.1', port: heldPort })
  const closed = once(socket, 'close').then(([code, reason]): [number, Buffer] => [code, reason])
  socket.send('Good morning')
  expect(String((await once(socket, 'message'))[0])).toBe('Good morning')
  return { closed }
}

describe.concurrent('a silent WebSocket of an unmodified ws server under run', () => {
  test.for(['traffic', 'ignore'])(
    '--upgrades %s: is closed with 1001 at once when the server is idle',
    async (how, context) => {
      const supervised = await chat(context, how)
      for (const round of [1, 2]) {
        const { closed } = await connect(supervised)
        expect((await closed)[0]).toBe(1001)
        await supervised.event('ended', round)
        const [idle, ended] = [supervised.times('idle')[round - 1], supervised.times('ended')[round - 1]]
        expect((ended ?? 0) - (idle ?? 0)).toBeLessThan(SOON)
      }
      expect(supervised.events('crashed')).toEqual([])
      expect(supervised.events('killed')).toEqual([])
    },
  )

  test('--upgrades open: keeps the server up, and is closed with 1001 when the command is stopped', async (context) => {
    const supervised = await chat(context, 'open')
    const { closed } = await connect(supervised)
    const over = await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, 3 * PATIENCE, 'open'))])
    expect(over).toBe('open')
    expect(supervised.events('idle')).toEqual([])
    supervised.kill('SIGTERM')
    expect((await closed)[0]).toBe(1001)
    expect(await supervised.ended).toMatchObject({ code: 0, signal: null })
  })
})
