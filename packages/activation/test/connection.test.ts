import { join } from 'node:path'
import { endedByItself, Http2Client, makeTempFolder, RawClient, type ServerKind } from '@idle-shutdown/testing'
import { afterAll, describe, expect, test } from 'vitest'
import { ActivatedProgram, keptClient } from './activated-program.ts'

// `accept` waits for a client and passes its connection, like systemd's Accept=yes and inetd's nowait.

const TESTING = import.meta.resolve('@idle-shutdown/testing')
const folder = makeTempFolder(afterAll)

describe('one inherited connection', () => {
  test('is served, keep-alive included, and the process ends when it closes', async () => {
    const program = ActivatedProgram.start(
      ['connection@accept'],
      `const { kind, sockets } = await listen(hello(), 0)
       console.log(kind, JSON.stringify(sockets))`,
    )
    const client = keptClient(await program.address())
    for (let time = 0; time < 3; time++) expect((await client.ask('/').answer).body).toBe('Hello')
    client.destroy()
    expect(await program.ended).toMatchObject({
      ...endedByItself,
      stdout: expect.stringContaining('connection [{"fd":3,"name":"connection","kind":"connection"}]'),
    })
  })

  test('is served over a unix socket', async () => {
    const path = join(folder, 'accepted')
    const program = ActivatedProgram.start([`accept-unix:${path}`], 'await listen(hello(), 0)')
    await program.printed(/path/)
    const client = keptClient({ path })
    expect((await client.ask('/').answer).body).toBe('Hello')
    client.destroy()
    expect(await program.ended).toMatchObject(endedByItself)
  })

  test.for<[ServerKind, 'http' | 'h2' | 'raw', boolean]>([
    ['https', 'http', true],
    ['h2c', 'h2', false],
    ['h2', 'h2', true],
    ['h2 with HTTP/1', 'http', true],
    ['net', 'raw', false],
    ['tls', 'raw', true],
  ])('is served by a server of the kind %s', async ([kind, protocol, secure]) => {
    const program = ActivatedProgram.start(
      ['accept'],
      `const { makeServer } = await import('${TESTING}')
       const server = makeServer('${kind}', ${protocol === 'raw' ? 'undefined' : `(req, res) => res.end('Hello')`})
       if (${protocol === 'raw'}) server.on('${secure ? 'secureConnection' : 'connection'}', (socket) => socket.end('Hello'))
       const idle = idleShutdown(server, { patience: '1h' })
       void idle.closed.then(({ destroyed }) => console.log('destroyed', destroyed))
       await listen(server, 0)`,
    )
    const address = await program.address()
    if (protocol === 'raw') {
      const client = await RawClient.connect(address, { secure })
      await client.until('Hello')
    } else if (protocol === 'h2') {
      const client = await Http2Client.connect(address, secure)
      expect((await client.ask('/').answer).body).toBe('Hello')
      client.destroy()
    } else {
      const client = keptClient(address, secure)
      expect((await client.ask('/').answer).body).toBe('Hello')
      client.destroy()
    }
    expect(await program.ended).toMatchObject({
      ...endedByItself,
      stdout: expect.stringContaining('destroyed 0'),
    })
  })

  test('suspends the idle end if it is watched, is ended with FIN at the end, and closed resolves', async () => {
    const program = ActivatedProgram.start(
      ['accept'],
      `const server = hello()
       const idle = idleAfter(1, server)
       await listen(server, 0)
       console.log('active', idle.tracker.explain().reasons.filter(({ kind }) => kind === 'connection').length)
       console.log('reason', (await idle.closed).reason.code)`,
    )
    const client = await RawClient.connect(await program.address())
    await program.printed(/active 1/)
    await client.get('/')
    await client.until('Hello')
    expect(await client.ended).toEqual({ how: 'FIN' })
    expect(await program.ended).toMatchObject({
      ...endedByItself,
      stdout: expect.stringContaining('reason ERR_IDLE_TIMEOUT'),
    })
  })

  test('aborts the signal if it is watched and closes before the patience is over', async () => {
    const program = ActivatedProgram.start(
      ['accept'],
      `const server = hello()
       const idle = idleShutdown(server, { patience: '1h' })
       const pool = setInterval(() => {}, 1000)
       idle.signal.addEventListener('abort', () => clearInterval(pool))
       await listen(server, 0)
       console.log('reason', (await idle.closed).reason.name)`,
    )
    const client = keptClient(await program.address())
    expect((await client.ask('/').answer).body).toBe('Hello')
    client.destroy()
    expect(await program.ended).toMatchObject({
      ...endedByItself,
      stdout: expect.stringContaining('reason AbortError'),
    })
  })

  test.each(['', 'GET / HTTP/1.1\r\nHost'])(
    'is destroyed after headersTimeout if its client sends only %j',
    async (bytes) => {
      const program = ActivatedProgram.start(
        ['accept'],
        `const server = hello()
       server.headersTimeout = 100
       idleShutdown(server, { patience: '1h' })
       await listen(server, 0)`,
      )
      const client = await RawClient.connect(await program.address())
      await client.send(bytes)
      expect(await program.ended).toMatchObject(endedByItself)
      await client.ended
    },
  )

  test('stays open with a headersTimeout of more than 2^31 ms', async () => {
    const program = ActivatedProgram.start(
      ['accept'],
      `const server = hello()
       server.headersTimeout = 2 ** 31
       await listen(server, 0)`,
    )
    const client = await RawClient.connect(await program.address())
    await client.send('GET / HTTP/1.1\r\nHost: localhost\r\n')
    await new Promise((resolve) => setTimeout(resolve, 100))
    await client.send('Connection: close\r\n\r\n')
    await client.until('Hello')
    expect(await program.ended).toMatchObject(endedByItself)
  })

  test('stays open beyond headersTimeout if it was upgraded', async () => {
    const program = ActivatedProgram.start(
      ['accept'],
      `const server = hello()
       server.headersTimeout = 50
       server.on('upgrade', (req, socket) => {
         socket.write('HTTP/1.1 101 Switching Protocols\\r\\n\\r\\n')
         setTimeout(() => socket.end('late'), 200)
       })
       await listen(server, 0)`,
    )
    const client = await RawClient.connect(await program.address())
    await client.send('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n')
    await client.until('late')
    expect(await program.ended).toMatchObject(endedByItself)
  })
})

describe('inetd', () => {
  test('nowait: the connection is standard input, output and error, and no output of the program reaches the client', async () => {
    const program = ActivatedProgram.start(
      ['--inetd', 'accept', 'LISTEN_PID=', 'LISTEN_FDS=', 'LISTEN_FDNAMES='],
      `const { kind, sockets } = await listen(http.createServer((req, res) => {
         console.log('log'); console.error('error'); process.emitWarning('warning')
         res.end(JSON.stringify({ kind, sockets }))
       }), 0)`,
    )
    const client = await RawClient.connect(await program.address())
    await client.get('/')
    const answer = await client.until('"kind":"connection"}]}')
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
    expect(answer).toContain('{"kind":"connection","sockets":[{"fd":0,"name":"inetd"')
    await client.get('/')
    expect(await client.until('"kind":"connection"}]}')).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
    client.destroy()
    expect(await program.ended).toMatchObject(endedByItself)
  })

  test('wait: the listening socket is standard input, and output does not end the process', async () => {
    const program = ActivatedProgram.start(
      ['--fork', '--inetd', 'tcp'],
      `const server = http.createServer((req, res) => {
         console.log('log'); console.error('error'); process.emitWarning('warning')
         res.end(JSON.stringify(inheritedSockets()))
       })
       idleAfter(1, server)
       await listen(server, 0)`,
    )
    const address = await program.address()
    expect((await keptClient(address).ask('/').answer).body).toBe('[{"fd":0,"name":"inetd","kind":"listening"}]')
    await program.printed(/ended 0/)
    const client = await RawClient.connect(address)
    await client.send('late')
    await client.until('perl\n')
    expect(await program.ended).toMatchObject(endedByItself)
  })
})

describe('listen() throws for a connection if', () => {
  test.each<[name: string, passed: string[], choice: string, expected: RegExp]>([
    [
      'a listening socket was expected',
      ['web@accept'],
      `{ kind: 'listening' }`,
      /^ERR_IDLE_SOCKET_KIND: The inherited socket must be a listening socket\. Received 'web' \(descriptor 3\), a connection .*\. Set Accept=no/m,
    ],
    [
      'it was passed among other sockets',
      ['web@tcp', 'x@accept'],
      '{}',
      /^ERR_IDLE_SOCKET_KIND: .* Received 'x' \(descriptor 4\), a connection/m,
    ],
  ])('%s', async (_name, passed, choice, expected) => {
    const program = ActivatedProgram.start(
      passed,
      `const server = hello()
       const error = await listen(server, 0, ${choice}).catch((error) => error)
       console.log(error.code + ': ' + error.message)`,
    )
    const address = (await program.addresses(passed.length)).at(-1)
    if (address === undefined) throw new Error('no address')
    const client = await RawClient.connect(address)
    expect((await program.ended).stdout).toMatch(expected)
    await client.ended
  })

  test('it is a connected datagram socket from another network namespace', async () => {
    // Such sockets are not in the list of this namespace, and neither are TCP sockets.
    const program = ActivatedProgram.start(
      ['x@udp-connected'],
      `const error = await listen(hello(), 0).catch((error) => error)
       console.log(error.code)`,
    )
    expect((await program.ended).stdout).toContain('ERR_IDLE_DATAGRAM_SOCKET')
  })
})
