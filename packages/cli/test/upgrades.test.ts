import { once } from 'node:events'
import { connect as connectHttp2 } from 'node:http2'
import { text } from 'node:stream/consumers'
import { connect as connectTls } from 'node:tls'
import { getText, RawClient } from '@idle-shutdown/testing'
import { describe, expect, test, vi } from 'vitest'
import { preloaded } from './preloaded.ts'

// Each test starts several processes, each of which takes seconds on a busy machine.
vi.setConfig({ testTimeout: 60_000 })

const HTTP = `
  import { createServer } from 'node:http'
  const server = createServer((req, res) => {
    console.log('asked')
    setTimeout(() => res.end('Hello'), Number(req.url.slice(1)))
  })
  server.listen(0, '127.0.0.1', () => console.log('http ' + server.address().port))
`
const PROGRAM = import.meta.resolve('@idle-shutdown/testing')
/** A short patience after the first request, which may be late on a busy machine. */
const SHORT = { IDLE_PATIENCE: '150ms', IDLE_STARTUP_PATIENCE: '20s' }
const BY_ITSELF = { code: 0, signal: null }

describe.concurrent('upgraded sockets of an unmodified program', () => {
  const UPGRADE = `
    import { CERTIFICATE as cert, KEY as key } from ${JSON.stringify(PROGRAM)}
    const onUpgrade = (req, socket) => {
      socket.on('error', () => {}).on('end', () => {}).resume()
      socket.write('HTTP/1.1 101 Switching Protocols\\r\\nConnection: upgrade\\r\\nUpgrade: x\\r\\n\\r\\n' + 'x'.repeat(500_000) + 'all')
    }
    server.on('upgrade', onUpgrade)`
  const REQUEST = 'GET / HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n'

  test.each(['SIGTERM', 'SIGINT'] as const)(
    'an upgraded socket ends at once on %s, after pending writes',
    async (signal) => {
      const program = preloaded(HTTP + UPGRADE, { IDLE_GRACE: '1h', IDLE_LOG: 'off' })
      const client = await RawClient.connect({ host: '127.0.0.1', port: await program.port() })
      await client.send(REQUEST)
      await client.until('101')
      program.kill(signal)
      await client.until('all')
      expect(await client.ended).toEqual({ how: 'FIN' })
      expect(await program.ended).toMatchObject({ ...BY_ITSELF, stderr: '' })
    },
  )

  test('an upgraded socket that does not count ends at the idle end', async () => {
    const program = preloaded(HTTP + UPGRADE, { ...SHORT, IDLE_GRACE: '1h', IDLE_UPGRADES: 'traffic' })
    const client = await RawClient.connect({ host: '127.0.0.1', port: await program.port() })
    await client.send(REQUEST)
    await client.until('all')
    expect(await client.ended).toEqual({ how: 'FIN' })
    expect(await program.ended).toMatchObject(BY_ITSELF)
  })

  test('an upgraded socket over TLS and a WebSocket over HTTP/2 end at once as well', async () => {
    const program = preloaded(
      `${HTTP}${UPGRADE}
      import { createServer as https } from 'node:https'
      import { createServer as http2 } from 'node:http2'
      const secure = https({ cert, key }).on('upgrade', onUpgrade)
      secure.listen(0, '127.0.0.1', () => console.log('https ' + secure.address().port))
      const h2c = http2({ settings: { enableConnectProtocol: true } }).on('stream', (stream) => {
        stream.respond({ ':status': 200 })
        stream.write('open')
      })
      h2c.listen(0, '127.0.0.1', () => console.log('h2c ' + h2c.address().port))`,
      { IDLE_GRACE: '1h', IDLE_LOG: 'off' },
    )
    const secure = connectTls({ host: '127.0.0.1', port: await program.port('https'), rejectUnauthorized: false })
    secure.write(REQUEST)
    await once(secure, 'data')
    const session = connectHttp2(`http://127.0.0.1:${await program.port('h2c')}`)
    await once(session, 'remoteSettings')
    const stream = session.request({ ':method': 'CONNECT', ':protocol': 'websocket', ':path': '/' })
    await once(stream, 'data')
    program.kill('SIGTERM')
    await Promise.all([text(secure), text(stream)])
    stream.end()
    secure.destroy()
    expect(await program.ended).toMatchObject(BY_ITSELF)
    session.destroy()
  })

  test('an upgraded socket is left to the program when it has a handler of its own', async () => {
    const program = preloaded(`${HTTP}${UPGRADE}; process.once('SIGTERM', () => console.log('own handler'))`)
    const client = await RawClient.connect({ host: '127.0.0.1', port: await program.port() })
    await client.send(REQUEST)
    await client.until('all')
    program.kill('SIGTERM')
    await program.printed(/own handler/)
    expect(await getText(await program.port())).toBe('Hello')
    expect(client.socket.destroyed).toBe(false)
    client.destroy()
  })
})
