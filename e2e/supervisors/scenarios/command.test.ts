import { execFile } from 'node:child_process'
import { rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { freePort, getText, until } from '@idle-shutdown/testing'
import { beforeEach, expect, test } from 'vitest'
import { Systemd } from '../src/systemd.ts'

/** Also names a folder below /var/cache, in which the units keep Node's compile cache. */
const NAME = 'idle-shutdown-e2e'

/** Returns a server without any knowledge of idle-shutdown, which listens on ports of its own choice. */
const server = (ports: readonly number[]): string => `
  import { createServer } from 'node:http'
  for (const port of ${JSON.stringify(ports)}) {
    createServer((req, res) => {
      console.log('asked ' + req.url)
      setTimeout(() => res.end('Hello from ' + port), Number(req.url.slice(1)))
    }).listen(port)
  }
`

// The units that `idle-shutdown systemd` prints, with unmodified programs.
beforeEach(({ skip }) => {
  const missing = Systemd.missing()
  skip(missing !== undefined, missing)
})

test('idle-shutdown systemd: starts an unmodified server by a request, and again after its idle end', async () => {
  const port = await freePort()
  // With one inherited socket, the socket replaces whatever port the program listens on.
  await using web = await Web.start([port], server([8080]))
  expect(await web.state()).toBe('inactive')
  for (let time = 1; time <= 3; time++) {
    expect(await getText(port, '/0')).toBe('Hello from 8080')
    await web.ended()
    expect(web.starts(), web.output).toBe(time)
  }
})

test('idle-shutdown systemd: passes two addresses, each to its server', async () => {
  const ports = [await freePort(), await freePort()]
  await using web = await Web.start(ports, server(ports))
  for (const port of ports) {
    expect(await getText(port, '/0')).toBe(`Hello from ${port}`)
    await web.ended()
  }
})

test('idle-shutdown systemd: answers what is in progress on systemctl stop', async () => {
  const port = await freePort()
  await using web = await Web.start([port], server([port]))
  const slow = getText(port, '/1000')
  await until(
    () => web.output.includes('asked /1000'),
    () => web.output,
  )
  await web.systemd.must('systemctl', 'stop', `${NAME}.socket`, `${NAME}.service`)
  expect(await slow).toBe(`Hello from ${port}`)
  expect(await web.systemd.property(`${NAME}.service`, 'Result'), web.output).toBe('success')
})

test.each([
  ['sends the signal again', 'process.off("SIGTERM", end), process.kill(process.pid, "SIGTERM")'],
  ['exits with 143', 'process.exit(143)'],
  ['exits with 0 if the server closes', 'server.close((error) => process.exit(error ? 1 : 0))'],
])(
  'idle-shutdown systemd: shutdown code that %s is a clean end, and a request starts the program again',
  async (_, last) => {
    const port = await freePort()
    const code = `
    import { createServer } from 'node:http'
    import { setTimeout as delay } from 'node:timers/promises'
    const server = createServer((req, res) => res.end('Hello from ${port}')).listen(${port})
    setInterval(() => {}, 60_000)
    const end = async () => {
      await delay(700)
      console.log('state is saved')
      ${last}
    }
    process.on('SIGTERM', end)`
    await using web = await Web.start([port], code)
    for (let time = 1; time <= 2; time++) {
      expect(await getText(port, '/')).toBe(`Hello from ${port}`)
      await web.ended()
      expect(web.output.match(/^state is saved/gm)).toHaveLength(time)
    }
  },
)

/** A systemd that has loaded the output of the command. */
class Web implements AsyncDisposable {
  readonly systemd: Systemd

  private constructor(systemd: Systemd) {
    this.systemd = systemd
  }

  /** Starts the units, which hold the ports `held`, with a program. */
  static async start(held: readonly number[], code: string): Promise<Web> {
    const systemd = await Systemd.start()
    const { temp } = systemd
    temp.write({ 'web/server.js': code })
    const command = join(dirname(createRequire(import.meta.url).resolve('idle-shutdown/package.json')), 'dist/main.js')
    const listen = held.flatMap((port) => ['--listen', `127.0.0.1:${port}`])
    const options = ['--name', NAME, '--patience', '300ms', '--cwd', temp.path('web'), '--write', temp.path('units')]
    const args = [command, 'systemd', ...options, ...listen, '--', process.execPath, 'server.js']
    await promisify(execFile)(process.execPath, args)
    await systemd.load({})
    await systemd.must('systemctl', 'start', `${NAME}.socket`)
    return new Web(systemd)
  }

  state(): Promise<string> {
    return this.systemd.property(`${NAME}.service`, 'ActiveState')
  }

  /** Resolves when the program has ended by itself, with 0. */
  async ended(): Promise<void> {
    await until(
      async () => (await this.state()) === 'inactive',
      () => this.output,
    )
    expect(await this.systemd.property(`${NAME}.service`, 'Result'), this.output).toBe('success')
    expect(await this.systemd.property(`${NAME}.service`, 'NRestarts'), 'restarts, as after a failure').toBe('0')
  }

  /** Returns how many times the program was idle, from the messages of the preload. */
  starts(): number {
    return this.systemd.output.match(/^idle-shutdown: idle for 300 ms/gm)?.length ?? 0
  }

  get output(): string {
    return this.systemd.output + this.systemd.log
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.systemd[Symbol.asyncDispose]()
    rmSync(join('/var/cache', NAME), { recursive: true, force: true })
  }
}
