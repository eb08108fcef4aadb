import { RawClient } from '@idle-shutdown/testing'
import { describe, expect, test, vi } from 'vitest'
import { program, SupervisorProcess } from './supervisor.ts'

// Each test starts several processes, each of which takes seconds on a busy machine.
vi.setConfig({ testTimeout: 60_000 })

const [node, file] = program('full.js')
const WAYS = [
  ['given as sockets', [node, file ?? '', '1']],
  ['piped', ['sh', '-c', `'${node}' '${file}' 1; exit 0`]],
] satisfies [string, [string, ...string[]]][]

describe.concurrent.each(WAYS)('a server that allows one connection, %s', (_, command) => {
  test('a kept connection that sends a request is answered, and the next client reads its own answer', async () => {
    const supervised = await SupervisorProcess.start(command, { idle: { IDLE_PATIENCE: '200ms' } })
    const open = (): Promise<RawClient> => RawClient.connect({ host: '127.0.0.1', port: supervised.ports[0] ?? 0 })
    const kept = await open()
    await kept.get('/first')
    await kept.until('/first undefined')
    await supervised.event('ended')
    const other = await open()
    await other.send('GET /slow HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
    await supervised.event('ready', 2)
    await kept.send('GET /account HTTP/1.1\r\nHost: a\r\nCookie: session=secret\r\n\r\n')
    await kept.until('/account session=secret')
    await other.until('/slow undefined')
    const stranger = await open()
    await stranger.get('/stranger')
    expect(await stranger.until('/stranger undefined')).not.toContain('secret')
    // The kept connection is kept again.
    await supervised.event('ended', 2)
    await kept.get('/again')
    await kept.until('/again undefined')
    for (const client of [kept, other, stranger]) client.destroy()
  })

  test('a new connection is dropped when the server is full', async () => {
    const supervised = await SupervisorProcess.start(command, { idle: { IDLE_PATIENCE: '1h' } })
    const open = (): Promise<RawClient> => RawClient.connect({ host: '127.0.0.1', port: supervised.ports[0] ?? 0 })
    const first = await open()
    await first.get('/first')
    await first.until('/first')
    const second = await open()
    expect((await second.ended).how).toMatch(/FIN|RST/)
    await supervised.printed(/dropped/, 'stderr')
    first.destroy()
  })
})
