import { execFile } from 'node:child_process'
import { rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { freePort } from '@idle-shutdown/conformance/program'
import { getText } from './get-text.ts'
import { must, type Scenario } from './scenario.ts'
import { Systemd } from './systemd.ts'
import { until } from './until.ts'

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

/** Tests the units that `idle-shutdown systemd` prints with unmodified programs. */
export function commandScenarios(): readonly Scenario[] {
  const missing = Systemd.missing()
  return [
    {
      name: 'idle-shutdown systemd: starts an unmodified server by a request, and again after its idle end',
      missing,
      run: woken,
    },
    { name: 'idle-shutdown systemd: passes two addresses, each to its server', missing, run: both },
    { name: 'idle-shutdown systemd: answers what is in progress on systemctl stop', missing, run: stopped },
  ]
}

async function woken(): Promise<undefined> {
  const port = await freePort()
  // With one inherited socket, the socket replaces whatever port the program listens on.
  await using web = await Web.start([port], [8080])
  must((await web.state()) === 'inactive', 'the program runs before the first request')
  for (let time = 1; time <= 3; time++) {
    const body = await getText(port, '/0')
    must(body === 'Hello from 8080', `it answered ${body}`)
    await web.ended()
    must(web.starts() === time, `${web.starts()} starts instead of ${time}: ${web.output}`)
  }
}

async function both(): Promise<undefined> {
  const ports = [await freePort(), await freePort()]
  await using web = await Web.start(ports, ports)
  for (const port of ports) {
    const body = await getText(port, '/0')
    must(body === `Hello from ${port}`, `port ${port} answered ${body}`)
    await web.ended()
  }
}

async function stopped(): Promise<undefined> {
  const port = await freePort()
  await using web = await Web.start([port], [port])
  const slow = getText(port, '/1000')
  await until(
    () => web.output.includes('asked /1000'),
    () => web.output,
  )
  await web.systemd.must('systemctl', 'stop', `${NAME}.socket`, `${NAME}.service`)
  const body = await slow
  must(body === `Hello from ${port}`, `it answered ${body}`)
  must((await web.systemd.property(`${NAME}.service`, 'Result')) === 'success', web.output)
}

/** A systemd that has loaded the output of the command. */
class Web implements AsyncDisposable {
  readonly systemd: Systemd

  private constructor(systemd: Systemd) {
    this.systemd = systemd
  }

  /** Starts the units, which hold the ports `held`, with a program that listens on `wanted`. */
  static async start(held: readonly number[], wanted: readonly number[]): Promise<Web> {
    const systemd = await Systemd.start()
    const { temp } = systemd
    temp.write({ 'web/server.js': server(wanted) })
    const command = join(dirname(fileURLToPath(import.meta.resolve('idle-shutdown/package.json'))), 'dist/main.js')
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
    must((await this.systemd.property(`${NAME}.service`, 'Result')) === 'success', this.output)
    must((await this.systemd.property(`${NAME}.service`, 'NRestarts')) === '0', 'it was restarted as one that fails is')
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
