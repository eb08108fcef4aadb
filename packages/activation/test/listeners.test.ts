import { existsSync } from 'node:fs'
import { join } from 'node:path'
import {
  endedByItself,
  Http2Client,
  KeepAliveClient,
  makeTempFolder,
  RawClient,
  type ServerKind,
} from '@idle-shutdown/testing'
import { afterAll, describe, expect, test } from 'vitest'
import { ActivatedProgram, byHand, keptClient } from './activated-program.ts'

// Programs as a supervisor starts them, each with sockets that pass.pl opened.

const TESTING = import.meta.resolve('@idle-shutdown/testing')
const folder = makeTempFolder(afterAll)
let count = 0
const path = (): string => join(folder, String(count++))

describe('inheritedSockets()', () => {
  test('returns numbers, names and kinds, in order', async () => {
    const program = ActivatedProgram.start(
      ['web@tcp', `admin@unix:${path()}`, 'tcp'],
      'console.log(JSON.stringify(inheritedSockets()))',
    )
    const { stdout } = await program.ended
    expect(JSON.parse(stdout.split('\n').at(-2) ?? '')).toEqual([
      { fd: 3, name: 'web', kind: 'listening' },
      { fd: 4, name: 'admin', kind: 'listening' },
      { fd: 5, name: 'unknown', kind: 'listening' },
    ])
  })

  test('reads the environment once, removes the variables, and returns the same list at each call', async () => {
    const program = ActivatedProgram.start(
      ['web@tcp'],
      `const first = inheritedSockets()
       const left = ['LISTEN_PID', 'LISTEN_FDS', 'LISTEN_FDNAMES'].filter((name) => name in process.env)
       process.env.LISTEN_FDS = '7'
       console.log(JSON.stringify({ left, same: inheritedSockets() === first, frozen: Object.isFrozen(first) }))`,
    )
    expect((await program.ended).stdout).toContain('{"left":[],"same":true,"frozen":true}')
  })

  test('returns the same list to a second copy of the package', async () => {
    const program = ActivatedProgram.start(
      ['web@tcp'],
      `const [one, other] = await Promise.all(['one', 'other'].map((copy) => import('${new URL('../dist/index.js', import.meta.url).href}?' + copy)))
       console.log(one.inheritedSockets !== other.inheritedSockets, one.inheritedSockets() === other.inheritedSockets())`,
    )
    expect((await program.ended).stdout).toContain('true true')
  })

  test('is empty if nothing was passed, also with a pipe as standard input', async () => {
    const program = byHand(
      `const { spawnSync } = await import('node:child_process')
       console.log(inheritedSockets().length, process.argv[1] ?? '')
       if (process.env.INNER === undefined) {
         const script = process.execArgv.at(-1)
         console.log(spawnSync(process.execPath, ['--input-type=module', '-e', script], { input: 'x', env: { INNER: '1' } }).stdout + '')
       }`,
    )
    expect((await program.ended).stdout).toMatch(/^0 \n0 \n/)
  })
})

describe('listen() serves inherited listeners', () => {
  test('with several TCP and unix sockets on one server, and the process ends with 0', async () => {
    const unix = path()
    const program = ActivatedProgram.start(
      ['a@tcp', 'b@tcp', `c@unix:${unix}`],
      `const server = hello()
       idleAfter(3, server)
       const { kind, sockets, addresses } = await listen(server, 0)
       console.log(JSON.stringify({ kind, names: sockets.map(({ name }) => name), addresses }))`,
    )
    const [first, second] = await program.addresses(2)
    const said = JSON.parse((await program.printed(/^\{.*$/m))[0])
    expect(said).toEqual({
      kind: 'listening',
      names: ['a', 'b', 'c'],
      addresses: [`127.0.0.1:${first?.port}`, `127.0.0.1:${second?.port}`, unix],
    })
    for (const address of [first, second, { path: unix }]) {
      if (address === undefined) throw new Error('no address')
      expect((await keptClient(address).ask('/').answer).body).toBe('Hello')
    }
    expect(await program.ended).toMatchObject(endedByItself)
    expect(existsSync(unix), 'the path of an inherited socket stays').toBe(true)
  })

  test('and counts the connections of each listener, so that the idle end and close() wait for them', async () => {
    const program = ActivatedProgram.start(
      ['tcp', 'tcp'],
      `const server = http.createServer((req, res) => {
         server.getConnections((error, count) => console.log('counted', count))
         server.close(() => console.log('closed', answered))
         let answered = false
         setTimeout(() => { answered = true; res.end('late') }, 100)
         res.on('finish', () => console.log('finished'))
       })
       await listen(server, 0)`,
    )
    const [, second] = await program.addresses(2)
    if (second === undefined) throw new Error('no address')
    const client = keptClient(second)
    expect((await client.ask('/').answer).body).toBe('late')
    client.destroy()
    const { stdout } = await program.ended
    expect(stdout).toMatch(/counted 1\n.*finished\n.*closed true\n/s)
  })

  test('by name, on two servers', async () => {
    const program = ActivatedProgram.start(
      ['web@tcp', 'admin@tcp', 'web@tcp'],
      `const answer = (text, answers) => idled(Object.assign(http.createServer((req, res) => res.end(text)), { answers }))
       const idled = (server) => { idleAfter(server.answers, server); return server }
       const admin = await listen(answer('admin', 1), 0, { names: ['admin'] })
       const web = await listen(answer('web', 2), 0, { names: ['web'] })
       console.log(JSON.stringify([admin.sockets.length, web.sockets.length]))`,
    )
    const addresses = await program.addresses(3)
    expect((await program.printed(/\[\d,\d\]/))[0]).toBe('[1,2]')
    const answers = await Promise.all(addresses.map((address) => keptClient(address).ask('/').answer))
    expect(answers.map(({ body }) => body)).toEqual(['web', 'admin', 'web'])
    expect(await program.ended).toMatchObject(endedByItself)
  })

  test('once each, so that a further server has the rest, and then its fallback', async () => {
    const program = ActivatedProgram.start(
      ['web@tcp', 'admin@tcp'],
      `const servers = [hello(), hello(), hello()]
       const kinds = []
       for (const [server, choice] of [[servers[0], { names: ['admin'] }], [servers[1], {}], [servers[2], {}]]) {
         kinds.push((await listen(server, { port: 0, host: '127.0.0.1' }, choice)).kind)
       }
       console.log(kinds.join())
       for (const server of servers) server.close()`,
    )
    expect((await program.ended).stdout).toContain('listening,listening,fallback')
  })

  test.for<[ServerKind, 'http' | 'h2' | 'raw', boolean]>([
    ['http', 'http', false],
    ['https', 'http', true],
    ['h2c', 'h2', false],
    ['h2', 'h2', true],
    ['h2 with HTTP/1', 'http', true],
    ['net', 'raw', false],
    ['tls', 'raw', true],
  ])('%s, on both of two sockets', async ([kind, protocol, secure]) => {
    const program = ActivatedProgram.start(
      ['tcp', 'tcp'],
      `const { makeServer } = await import('${TESTING}')
       const server = makeServer('${kind}', ${protocol === 'raw' ? 'undefined' : `(req, res) => res.end('Hello')`})
       if (${protocol === 'raw'}) server.on('${secure ? 'secureConnection' : 'connection'}', (socket) => socket.end('Hello'))
       idleAfter(2, server)
       await listen(server, 0)`,
    )
    for (const address of await program.addresses(2)) {
      if (protocol === 'raw') {
        const client = await RawClient.connect(address, { secure })
        await client.until('Hello')
      } else if (protocol === 'h2') {
        const client = await Http2Client.connect(address, secure)
        expect((await client.ask('/').answer).body).toBe('Hello')
      } else {
        expect((await keptClient(address, secure).ask('/').answer).body).toBe('Hello')
      }
    }
    expect(await program.ended).toMatchObject(endedByItself)
  })

  test.each(['close', 'exit'])(
    'and leaves them blocking and with their backlog for the parent after an end by %s',
    async (how) => {
      const program = ActivatedProgram.start(
        ['--fork', 'tcp', 'tcp'],
        `const server = http.createServer((req, res) => res.end('Hello', () => {
         if ('${how}' === 'exit') process.exit()
         else server.close()
       }).shouldKeepAlive = false)
       await listen(server, 0)`,
      )
      const address = await program.address()
      expect((await keptClient(address).ask('/', { headers: { connection: 'close' } }).answer).body).toBe('Hello')
      await program.printed(/ended 0/)
      // Its accept() waits. A non-blocking one would have failed by now.
      const client = await RawClient.connect(address)
      await client.send('late')
      await client.until('perl\n')
      expect(await program.ended).toMatchObject({ ...endedByItself, stdout: expect.stringContaining('read late') })
    },
  )

  test('so that the next process answers the connections that queued in between', async () => {
    const unix = path()
    const program = ActivatedProgram.start(
      ['--fork', `unix:${unix}`],
      `const server = hello()
       idleShutdown(server, { patience: '50ms' })
       await listen(server, 0)`,
    )
    await program.printed(/ended 0/)
    const client = await RawClient.connect({ path: unix })
    await client.send('hello?')
    await client.until('perl\n')
    expect((await program.ended).stdout).toContain('read hello?')
  })
})

describe('if nothing was inherited, listen() listens on its fallback', () => {
  test.each([
    ['a port', '0', /^(\[::\]|0\.0\.0\.0):\d+$/],
    ['options', `{ port: 0, host: '127.0.0.1' }`, /^127\.0\.0\.1:\d+$/],
    ['a path', `'${path()}'`, /^\/.*\d+$/],
  ])('%s', async (_name, fallback, address) => {
    const program = byHand(
      `const listening = await listen(hello(), ${fallback}, { names: ['whatever'] })
       console.log(JSON.stringify(listening))
       await listening.close()`,
    )
    const { stdout, ...ending } = await program.ended
    expect(ending).toMatchObject({ code: 0, stderr: '' })
    expect(JSON.parse(stdout)).toEqual({ kind: 'fallback', sockets: [], addresses: [expect.stringMatching(address)] })
  })

  test('and rejects as server.listen() fails', async () => {
    const program = byHand(
      `const first = await listen(hello(), { port: 0, host: '127.0.0.1' })
       const port = Number(first.addresses[0].split(':')[1])
       await listen(hello(), { port, host: '127.0.0.1' }).catch(({ code }) => console.log(code))
       await first.close()`,
    )
    expect(await program.ended).toMatchObject({ ...endedByItself, stdout: 'EADDRINUSE\n' })
  })
})

describe("if a user has written in the kernel's list of unix sockets", () => {
  // Any user can write there, by a unix socket whose path has a line break.
  const spoofed = (what: string): string => `
    const { ino } = fs.fstatSync(3)
    const liars = []
    for (let nth = 0; nth < 8; nth++) {
      const liar = net.createServer().listen('${folder}/' + process.pid + nth + '\\n0: 2 0 10000 ${what} ' + ino + ' fake')
      await once(liar, 'listening')
      liars.push(liar)
    }
    console.log(JSON.stringify(inheritedSockets()))
    const server = hello()
    idleAfter(1, server)
    const { addresses } = await listen(server, 0)
    console.log('at ' + addresses)
    for (const liar of liars) liar.close()`

  test.each([
    ['a datagram socket', '0002 01'],
    ['a connection', '0001 03'],
    ['one of another type', '0005 01'],
  ])('a TCP socket that is listed as %s is served', async (_, what) => {
    const program = ActivatedProgram.start(['web@tcp'], spoofed(what))
    const address = await program.address()
    await program.printed(/"kind":"listening"/)
    await program.printed(/at 127/)
    const client = new KeepAliveClient(address)
    expect((await client.ask('/').answer).body).toBe('Hello')
    expect(await program.ended).toMatchObject(endedByItself)
  })

  test.each([
    ['a datagram socket', '0002 01'],
    ['a connection', '0001 03'],
    ['one of another type', '0005 01'],
  ])('a unix socket that is listed as %s is served', async (_, what) => {
    const path = join(folder, what.replace(' ', '-'))
    const program = ActivatedProgram.start([`web@unix:${path}`], spoofed(what))
    await program.printed(/"kind":"listening"/)
    await program.printed(/at /)
    const client = new KeepAliveClient({ path })
    expect((await client.ask('/').answer).body).toBe('Hello')
    expect(await program.ended).toMatchObject(endedByItself)
  })
})
