import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { endedByItself, KeepAliveClient, makeTempFolder, Program } from '@idle-shutdown/testing'
import { afterAll, describe, expect, onTestFinished, test } from 'vitest'
import { notify } from '../src/index.ts'
import { ActivatedProgram, byHand, IMPORTS } from './activated-program.ts'

const folder = makeTempFolder(afterAll)
let count = 0

/** The end of systemd: a datagram socket, and the messages that arrive there. */
class Receiver {
  readonly path: string = join(folder, String(count++))
  readonly #program = new Program([join(import.meta.dirname, 'receive.pl'), this.path], { command: 'perl', bare: true })

  static async open(): Promise<Receiver> {
    const receiver = new Receiver()
    onTestFinished(() => receiver.#program.kill('SIGKILL'))
    await receiver.#program.printed(/ready/)
    return receiver
  }

  /** Waits for a message. */
  async got(pattern: RegExp): Promise<void> {
    await this.#program.printed(pattern)
  }

  /** Returns the messages so far, without the barriers of systemd-notify. */
  get messages(): string[] {
    return [...this.#program.stdout.matchAll(/^got (.*)$/gm)]
      .map(([, text = '']) => text)
      .filter((text) => text !== 'BARRIER=1')
  }
}

const hasSystemdNotify = spawnSync('systemd-notify', ['--version']).status === 0
if (!hasSystemdNotify) console.log('skipped: what systemd-notify sends, which is not installed here')

const ALL = `
  console.log(await notify({ ready: true, status: 'two\\nlines' }))
  console.log(await notify({ reloading: true }))
  console.log(await notify({ stopping: true, extendTimeout: '1.5s' }))
  console.log(await notify({ watchdog: true }))
`
const SAID = [
  'READY=1 STATUS=two lines',
  expect.stringMatching(/^RELOADING=1 MONOTONIC_USEC=\d+$/),
  'STOPPING=1 EXTEND_TIMEOUT_USEC=1500000',
  'WATCHDOG=1',
]

describe('notify()', () => {
  test('does nothing without NOTIFY_SOCKET', async () => {
    const program = byHand('console.log(await notify({ ready: true }), process.getActiveResourcesInfo().length)')
    expect((await program.ended).stdout).toMatch(/^false /)
  })

  test.runIf(hasSystemdNotify)('sends by systemd-notify', async () => {
    const receiver = await Receiver.open()
    const program = byHand(ALL, { NOTIFY_SOCKET: receiver.path })
    expect(await program.ended).toMatchObject({ ...endedByItself, stdout: 'true\ntrue\ntrue\ntrue\n' })
    await receiver.got(/WATCHDOG/)
    expect(receiver.messages).toEqual(SAID)
  })

  test.runIf(hasSystemdNotify)('sends a status with escape sequences as text', async () => {
    const receiver = await Receiver.open()
    const program = byHand(`console.log(await notify({ status: 'a\\nREADY=1\\u001b[2J\\u009b1A' }))`, {
      NOTIFY_SOCKET: receiver.path,
    })
    expect(await program.ended).toMatchObject({ ...endedByItself, stdout: 'true\n' })
    await receiver.got(/STATUS/)
    expect(receiver.messages).toEqual(['STATUS=a READY=1\\u001b[2J\\u009b1A'])
  })

  test('sends by the descriptor that OpenFile= passes, and does not serve it', async () => {
    const receiver = await Receiver.open()
    const program = ActivatedProgram.start(
      ['web@tcp', `notify@to:${receiver.path}`, `NOTIFY_SOCKET=${receiver.path}`, 'PATH=/nowhere'],
      `${ALL}; console.log(JSON.stringify(inheritedSockets()))`,
    )
    expect((await program.ended).stdout).toContain(
      'true\ntrue\ntrue\ntrue\n[{"fd":3,"name":"web","kind":"listening"}]\n',
    )
    await receiver.got(/WATCHDOG/)
    expect(receiver.messages).toEqual(SAID)
  })

  test('resolves with false if no supervisor takes the message, and NODE_DEBUG prints the reason', async () => {
    const program = byHand(`console.log(await notify({ ready: true }))`, {
      NOTIFY_SOCKET: join(folder, 'nobody'),
      PATH: '/nowhere',
      NODE_DEBUG: 'idle-shutdown',
    })
    const { code, stdout, stderr } = await program.ended
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'false\n' })
    expect(stderr).toMatch(/IDLE-SHUTDOWN \d+: systemd-notify READY=1 failed: .*ENOENT/)
  })

  test.each<[name: string, call: () => Promise<unknown>, code: string, message: string]>([
    [
      'nothing',
      () => notify({}),
      'ERR_IDLE_INVALID_OPTION',
      '"state" must be an object with a member, such as { ready: true }. Received {}',
    ],
    [
      'false',
      // @ts-expect-error only true
      () => notify({ ready: false }),
      'ERR_IDLE_INVALID_OPTION',
      '"ready" must be true or undefined. Received false',
    ],
    [
      'a status that is not a text',
      // @ts-expect-error a text
      () => notify({ status: 5 }),
      'ERR_IDLE_INVALID_OPTION',
      '"status" must be a text. Received 5',
    ],
    [
      'a text that is not a duration',
      // @ts-expect-error a duration
      () => notify({ extendTimeout: 'soon' }),
      'ERR_IDLE_INVALID_DURATION',
      `Received 'soon'`,
    ],
    ['Infinity', () => notify({ extendTimeout: Infinity }), 'ERR_IDLE_INVALID_DURATION', 'Received Infinity'],
    // @ts-expect-error it is called ready
    ['an unknown word', () => notify({ redy: true }), 'ERR_IDLE_UNKNOWN_OPTION', `'redy'`],
  ])('rejects %s', async (_name, call, code, message) => {
    await expect(call()).rejects.toMatchObject({ code, message: expect.stringContaining(message) })
  })
})

describe('listen() sends', () => {
  /** Starts a service with sockets of `OpenFile=`, without systemd. */
  async function service(
    passed: readonly string[],
    source: string,
  ): Promise<{ program: ActivatedProgram; receiver: Receiver }> {
    const receiver = await Receiver.open()
    const environment = [`NOTIFY_SOCKET=${receiver.path}`, 'PATH=/nowhere']
    return {
      program: ActivatedProgram.start([...passed, `notify@to:${receiver.path}`, ...environment], source),
      receiver,
    }
  }

  test('READY=1 when the server listens, and STOPPING=1 at the idle decision, with the time that the drain may take', async () => {
    const { program, receiver } = await service(
      ['tcp'],
      `const server = hello()
       const idle = idleShutdown(server, { patience: '50ms', grace: '20s' })
       await listen(server, 0)`,
    )
    expect(await program.ended).toMatchObject(endedByItself)
    await receiver.got(/STOPPING/)
    expect(receiver.messages[0]).toBe('READY=1')
    expect(receiver.messages[1]).toMatch(/^STOPPING=1 EXTEND_TIMEOUT_USEC=2[45]\d{6}$/)
    expect(receiver.messages).toHaveLength(2)
  })

  test('EXTEND_TIMEOUT_USEC again and again in a drain without a limit', async () => {
    const { program, receiver } = await service(
      ['tcp'],
      `const { mock } = await import('node:test')
       const server = http.createServer((req, res) => {
         mock.timers.enable({ apis: ['setTimeout'] })
         void idle.close()
         setImmediate(() => { mock.timers.tick(30_000); mock.timers.tick(30_000); res.end('Hello') })
       })
       const idle = idleShutdown(server, { grace: Infinity })
       await listen(server, 0)`,
    )
    const client = new KeepAliveClient(await program.address())
    expect((await client.ask('/').answer).body).toBe('Hello')
    await program.ended
    await receiver.got(/STOPPING/)
    expect(receiver.messages).toEqual([
      'READY=1',
      'STOPPING=1 EXTEND_TIMEOUT_USEC=60000000',
      'EXTEND_TIMEOUT_USEC=60000000',
      'EXTEND_TIMEOUT_USEC=60000000',
    ])
  })

  test('READY=1 once, when the last of the sockets is served, and STOPPING=1 once, when the last server closes', async () => {
    const { program, receiver } = await service(
      ['web@tcp', 'admin@tcp'],
      `const [web, admin] = [await listen(hello(), 0, { names: ['web'] }), undefined]
       await notify({ status: 'half' })
       const other = await listen(hello(), 0, { names: ['admin'] })
       await web.close()
       await notify({ status: 'half closed' })
       await other.close()`,
    )
    await program.ended
    await receiver.got(/STOPPING/)
    expect(receiver.messages).toEqual(['STATUS=half', 'READY=1', 'STATUS=half closed', 'STOPPING=1'])
  })

  test('READY=1 for the fallback, too', async () => {
    const { program, receiver } = await service([], `await (await listen(hello(), 0)).close()`)
    await program.ended
    await receiver.got(/STOPPING/)
    expect(receiver.messages).toEqual(['READY=1', 'STOPPING=1'])
  })

  test('WATCHDOG=1 while the event loop turns, when the unit asks this process for it', async () => {
    const { program, receiver } = await service(
      ['tcp', 'WATCHDOG_USEC=100000'],
      `const server = hello()
       idleShutdown(server, { patience: '1h' })
       await listen(server, 0)
       process.on('SIGTERM', () => server.close())`,
    )
    await receiver.got(/WATCHDOG=1\n.*WATCHDOG=1\n/s)
    program.kill('SIGTERM')
    expect(await program.ended).toMatchObject(endedByItself)
  })

  test.each([
    ['of another process', 'WATCHDOG_PID=1'],
    ['that is not a number', 'WATCHDOG_USEC=x'],
  ])('no WATCHDOG=1 for a watchdog %s', async (_name, environment) => {
    const { program, receiver } = await service(
      ['tcp', 'WATCHDOG_USEC=2000', environment],
      `const server = hello()
       idleShutdown(server, { patience: '100ms' })
       await listen(server, 0)`,
    )
    expect(await program.ended).toMatchObject(endedByItself)
    await receiver.got(/STOPPING/)
    expect(receiver.messages.join()).not.toContain('WATCHDOG')
  })

  test('and serves even if no supervisor takes the message', async () => {
    const program = ActivatedProgram.start(
      ['tcp', `NOTIFY_SOCKET=${join(folder, 'nobody')}`, 'PATH=/nowhere'],
      `const server = hello()
       idleAfter(1, server)
       await listen(server, 0)`,
    )
    const client = new KeepAliveClient(await program.address())
    expect((await client.ask('/').answer).body).toBe('Hello')
    expect(await program.ended).toMatchObject(endedByItself)
    client.destroy()
  })

  test('and keeps the process for at most 2 seconds if systemd-notify hangs', async () => {
    const program = byHand(
      `const { chmodSync, writeFileSync } = fs
       writeFileSync('${join(folder, 'systemd-notify')}', '#!/bin/sh\\nexec sleep 8\\n')
       chmodSync('${join(folder, 'systemd-notify')}', 0o755)
       const since = performance.now()
       void notify({ ready: true }).then((sent) => console.log('sent', sent))
       process.on('exit', () => console.log('after', performance.now() - since < 6000))`,
      { NOTIFY_SOCKET: join(folder, 'nobody'), PATH: `${folder}:/usr/bin:/bin` },
    )
    await program.printed(/sent false\nafter true/)
    program.kill('SIGKILL')
  })

  /** A helper: a Node program of the same service, with its own server, which is soon idle. */
  const file = join(folder, 'helper.mjs')
  writeFileSync(
    file,
    `${IMPORTS}
     const server = hello()
     idleShutdown(server, { patience: '50ms' })
     await listen(server, 0)
     console.log('left', ['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID'].filter((name) => name in process.env).length)`,
  )
  const HELPER = `
    const { spawn } = await import('node:child_process')
    const helper = (env) =>
      once(spawn(process.execPath, ['${file}'], { stdio: ['ignore', 'inherit', 'inherit'], env }), 'exit')`

  test('a child of a service that has sent READY=1 sends nothing for it', async () => {
    const { program, receiver } = await service(
      ['tcp', 'WATCHDOG_USEC=100000000'],
      `${HELPER}
       const server = hello()
       const listening = listen(server, 0)
       await helper(process.env)
       await listening
       await notify({ status: 'service' })
       process.exit()`,
    )
    const { stdout } = await program.ended
    expect(stdout).toContain('left 0')
    await receiver.got(/service/)
    expect(receiver.messages).toEqual(['READY=1', 'STATUS=service'])
  })

  test('a child that was started before sends nothing for the process that systemd started', async () => {
    // Replaces systemd-notify, which the helper would use.
    const bin = mkdtempSync(join(folder, 'bin-'))
    writeFileSync(join(bin, 'systemd-notify'), `#!/bin/sh\necho "$*" >> '${bin}/said'\n`)
    chmodSync(join(bin, 'systemd-notify'), 0o755)
    const { program, receiver } = await service(
      [],
      `${HELPER}
       inheritedSockets()
       await helper({ ...process.env, PATH: '${bin}:/usr/bin:/bin', SYSTEMD_EXEC_PID: String(process.pid) })
       await notify({ status: 'service' })`,
    )
    const { stdout } = await program.ended
    expect(stdout).toContain('left 0')
    await receiver.got(/service/)
    expect(existsSync(join(bin, 'said'))).toBe(false)
  })

  test('a service behind a shell sends READY=1 itself', async () => {
    const { program, receiver } = await service(
      [],
      `const { spawn } = await import('node:child_process')
       const shell = spawn('/bin/sh', ['-c', 'read line'], { stdio: ['pipe', 'ignore', 'ignore'] })
       await once(shell, 'spawn')
       process.env.SYSTEMD_EXEC_PID = String(shell.pid)
       await (await listen(hello(), 0)).close()
       shell.kill()`,
    )
    await program.ended
    await receiver.got(/STOPPING/)
    expect(receiver.messages).toEqual(['READY=1', 'STOPPING=1'])
  })
})
