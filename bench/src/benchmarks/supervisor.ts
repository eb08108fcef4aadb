// Measures the cost of `idle-shutdown run`: memory while the command sleeps, and throughput while it is awake.
// Throughput is a ratio to the same server without a supervisor. Each round also measures that server a second time,
// which shows the noise, and systemd-socket-proxyd if it is installed. `--rounds N` (20), `--window MS` (300).
// `--write` puts the figures into the page of the command.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { cpus } from 'node:os'
import type { Readable } from 'node:stream'
import { setTimeout as pass } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { freePort } from '@idle-shutdown/testing'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '20' },
    window: { type: 'string', default: '300' },
    write: { type: 'boolean', default: false },
  },
})
const ROUNDS = Number(values.rounds)
const WINDOW = Number(values.window)
const CLIENTS = 16
const PAGE = 'docs/deployment.md'
const PROXYD = '/lib/systemd/systemd-socket-proxyd'
const ACTIVATE = '/usr/bin/systemd-socket-activate'
const SERVER = `require('node:http').createServer((req, res) => res.end('Hello')).listen(process.env.PORT, '127.0.0.1')`

/** A running supervisor. */
interface Supervisor {
  readonly port: number
  readonly pid: number | undefined
  readonly output: Readable
}

const children: ChildProcess[] = []
process.on('exit', () => {
  for (const child of children) child.kill()
})

const direct = await start(process.execPath, ['-e', SERVER])
const run = (await supervise({ IDLE_PATIENCE: '1h' })).port
const ways = new Map([
  ['directly', direct],
  ['directly, once more', direct],
  ['idle-shutdown run', run],
])
if (existsSync(PROXYD) && existsSync(ACTIVATE)) {
  ways.set('systemd-socket-proxyd', await proxied(direct))
} else {
  console.log('SKIPPED systemd-socket-proxyd, since it is not installed (Debian: the package systemd)')
}

const table: string[][] = []
console.log(`Node ${process.version}, ${ROUNDS} rounds of ${WINDOW} ms each, ${CLIENTS} clients`)
for (const kind of ['kept-alive connections', 'a connection for each request']) {
  const ratios = new Map<string, number[]>([...ways.keys()].map((way) => [way, []]))
  for (const port of new Set(ways.values())) await ask(port, kind)
  for (let round = 0; round < ROUNDS; round++) {
    const answered = new Map<string, number>()
    // Random order spreads disturbances of the machine over all ways.
    for (const [way, port] of [...ways].sort(() => Math.random() - 0.5)) answered.set(way, await ask(port, kind))
    const base = answered.get('directly') ?? Number.NaN
    for (const [way, count] of answered) ratios.get(way)?.push(count / base)
  }
  console.log(`\n${kind}: answers, as a ratio to the server reached directly (median, quartiles)`)
  for (const [way, values] of ratios) {
    if (way === 'directly') continue
    console.log(`  ${way.padEnd(22)} ${quartiles(values)}`)
    table.push([kind, way, quartiles(values)])
  }
}

const rss = await asleep()
console.log(`\nmemory of the supervisor while the command sleeps: ${rss} (resident)`)
if (values.write) write()
process.exit()

function write(): void {
  const made = [
    new Date().toISOString().slice(0, 10),
    cpus()[0]?.model.trim(),
    `${cpus().length} cores`,
    process.platform,
    `Node ${process.version}`,
    `${ROUNDS} rounds of ${WINDOW} ms, ${CLIENTS} clients`,
  ]
  const lines = [
    '| answers, as a ratio to the server reached directly | | median (quartiles) |',
    '| --- | --- | --- |',
    ...table.map((row) => `| ${row.join(' | ')} |`),
    '',
    `The supervisor holds ${rss} of resident memory while the command sleeps, after it has been awake once.`,
    '',
    `${made.join(', ')}.`,
  ]
  const marked = /(<!-- bench:supervisor -->\n).*?(<!-- \/bench:supervisor -->)/s
  const page = readFileSync(PAGE, 'utf8')
  if (!marked.test(page)) throw new Error(`${PAGE} has no marks for the figures`)
  const text = page.replace(marked, (_, begin, end) => `${begin}\n${lines.join('\n')}\n\n${end}`)
  writeFileSync(PAGE, text)
  const { status } = spawnSync('biome', ['format', '--write', PAGE], {
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: process.platform === 'win32',
  })
  if (status !== 0) throw new Error(`biome could not format ${PAGE}`)
}

/** Starts a server with its port in PORT, and waits until it accepts connections. Returns the port. */
async function start(command: string, args: readonly string[]): Promise<number> {
  const port = await freePort()
  children.push(spawn(command, args, { env: { ...process.env, PORT: String(port) }, stdio: 'ignore' }))
  while (!(await accepts(port))) await pass(20)
  return port
}

/** Starts a supervisor of the same server. */
async function supervise(idle: Record<string, string>): Promise<Supervisor> {
  const port = await freePort()
  const options = { listen: [{ host: '127.0.0.1', port }], command: [process.execPath, '-e', SERVER], idle }
  const args = ['packages/cli/test/programs/run.js', JSON.stringify(options)]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  children.push(child)
  await once(child.stdout, 'data')
  return { port, pid: child.pid, output: child.stdout }
}

/** Starts systemd's own proxy in front of a port, with socket activation. Returns its port. */
async function proxied(target: number): Promise<number> {
  const port = await freePort()
  const args = ['-l', `127.0.0.1:${port}`, PROXYD, `127.0.0.1:${target}`]
  children.push(spawn(ACTIVATE, args, { stdio: 'ignore' }))
  while (!(await accepts(port))) await pass(20)
  return port
}

/** Returns the resident memory of a supervisor whose command has been awake once. */
async function asleep(): Promise<string> {
  const { port, pid, output } = await supervise({ IDLE_PATIENCE: '100ms' })
  let printed = ''
  output.on('data', (text) => {
    printed += text
  })
  await ask(port, 'a connection for each request', 50)
  while (!printed.includes('"event":"ended"')) await pass(50)
  await pass(500)
  if (process.platform !== 'linux') return 'SKIPPED: read from /proc'
  const kilobytes = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
  return `${(kilobytes / 1024).toFixed(1)} MB`
}

/** Returns the number of requests that are answered to all clients in one window. */
async function ask(port: number, kind: string, window: number = WINDOW): Promise<number> {
  const until = performance.now() + window
  const keep = kind === 'kept-alive connections'
  const counts = await Promise.all(Array.from({ length: CLIENTS }, () => client(port, keep, until)))
  return counts.reduce((sum, count) => sum + count, 0)
}

async function client(port: number, keep: boolean, until: number): Promise<number> {
  const request = `GET / HTTP/1.1\r\nHost: localhost\r\nConnection: ${keep ? 'keep-alive' : 'close'}\r\n\r\n`
  let answered = 0
  while (performance.now() < until) {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    socket.on('data', (text) => {
      if (!text.includes('Hello')) return
      answered++
      if (!keep) return
      if (performance.now() < until) socket.write(request)
      else socket.destroy()
    })
    socket.write(request)
    await once(socket, 'close')
  }
  return answered
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect({ port, host: '127.0.0.1' })
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}

function quartiles(values: readonly number[]): string {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (part: number) => (sorted[Math.floor((sorted.length - 1) * part)] ?? Number.NaN).toFixed(2)
  return `${at(0.5)} (${at(0.25)} to ${at(0.75)})`
}
