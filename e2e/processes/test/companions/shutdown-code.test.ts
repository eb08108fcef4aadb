import { copyFileSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { pathToFileURL } from 'node:url'
import { freePort, KeepAliveClient, Program } from '@idle-shutdown/testing'
import { describe, expect, test, vi } from 'vitest'
import { LIMIT, makeFolder, needsOnDemand, onDemand } from './companion.ts'
import { needsPostgres, startPostgres } from './databases.ts'

vi.setConfig({ testTimeout: LIMIT })

// Unmodified programs with the real packages. At an idle end each runs its shutdown code once, loses nothing and ends
// with code 0.

const register = createRequire(import.meta.url).resolve('idle-shutdown/register')
const COMMAND = join(dirname(register), '../main.js')
const programs = join(import.meta.dirname, '../../programs')
const preloads = [pathToFileURL(register).href, pathToFileURL(join(programs, 'say-port.js')).href]
const PATIENCE = { IDLE_PATIENCE: '500ms', IDLE_STARTUP_PATIENCE: '1h' }

/** Copies a program of the larger companions to a folder in which its imports resolve. Returns its path. */
function placed(name: string): string {
  const file = join(makeFolder(onDemand), `${name}.js`)
  copyFileSync(join(programs, 'shutdown/large', basename(file)), file)
  return file
}

/** Starts a program with the preload. */
function start(file: string, env: NodeJS.ProcessEnv): Program {
  return new Program([...preloads.flatMap((preload) => ['--import', preload]), file], {
    env: { ...PATIENCE, ...env },
    limit: LIMIT,
  })
}

/** Sends requests on one connection, which the client keeps, and waits for the end. Returns the program's lines. */
async function usedOnce(program: Program, port: number, ...paths: string[]): Promise<string[]> {
  const client = new KeepAliveClient({ host: '127.0.0.1', port })
  for (const path of paths) expect((await client.ask(path).answer).body).toBe('Hello')
  const { code, signal, stdout, stderr } = await program.ended
  client.destroy()
  expect({ code, signal, stderr }).toEqual({
    code: 0,
    signal: null,
    stderr: expect.stringMatching(/^idle-shutdown: idle for 500 ms: closed in [^\n]+\n$/),
  })
  return stdout.split('\n').filter((line) => !/^(http \d+)?$/.test(line))
}

const LIGHT: [name: string, lines: readonly string[]][] = [
  ['close-with-grace', ['closed on SIGTERM', 'onClose']],
  ['terminus', ['onSignal', 'onShutdown']],
  ['both', ['onShutdown', 'flushed']],
  ['fastify', ['preClose', 'onClose', 'closed']],
  ['stoppable', ['stopped gracefully']],
  ['http-terminator', ['terminated']],
]
const LARGE: typeof LIGHT = [
  ['nest', ['onModuleDestroy', 'beforeApplicationShutdown SIGTERM', 'onApplicationShutdown SIGTERM']],
  ['lightship', ['closed']],
]

describe.each(['natural', 'force'])('the shutdown code of an unmodified program, IDLE_EXIT=%s', (exit) => {
  test.each(LIGHT)('%s: runs once at an idle end, which has code 0', async (name, lines) => {
    const program = start(join(programs, 'shutdown', `${name}.js`), { IDLE_EXIT: exit })
    expect(await usedOnce(program, await program.port(), '/')).toEqual(lines)
  })

  test.for(LARGE)('%s: runs once at an idle end, which has code 0', async ([name, lines], context) => {
    needsOnDemand(context)
    const port = await freePort()
    const env = { IDLE_EXIT: exit, PORT: String(port), HEALTH: String(await freePort()) }
    const program = start(placed(name), env)
    await program.printed(new RegExp(`^http ${port}$`, 'm'))
    expect(await usedOnce(program, port, '/')).toEqual(lines)
  })

  test('OpenTelemetry: the last spans are exported', async (context) => {
    needsOnDemand(context)
    const spans: string[] = []
    const collector = createServer(async (request, response) => {
      const body = await text(request)
      for (const [, name] of body.matchAll(/"name":"(GET [^"]*)"/g)) spans.push(name ?? '')
      // A process without listeners would not wait for this answer.
      setTimeout(() => response.setHeader('content-type', 'application/json').end('{}'), 800)
    })
    const port = await freePort()
    collector.listen(port, '127.0.0.1')
    const COLLECTOR = `http://127.0.0.1:${port}/v1/traces`
    const program = start(placed('opentelemetry'), { IDLE_EXIT: exit, COLLECTOR })
    expect(await usedOnce(program, await program.port(), '/one', '/two')).toEqual(['exported'])
    expect(spans).toEqual(['GET /one', 'GET /two'])
    collector.close()
  })

  test('pino with a transport: every line is written', async (context) => {
    needsOnDemand(context)
    const file = placed('pino')
    const LOG = join(dirname(file), 'log')
    const program = start(file, { IDLE_EXIT: exit, LOG })
    expect(await usedOnce(program, await program.port(), '/one', '/two')).toEqual([])
    const lines = readFileSync(LOG, 'utf8').trimEnd().split('\n')
    const expected = ['GET /one', 'GET /two', ...Array.from({ length: 1000 }, (_, line) => `last ${line}`)]
    expect(lines.map((line) => JSON.parse(line).msg)).toEqual(expected)
  })
})

test('pg, with a real PostgreSQL: its pool ends after the last query, at each idle end under run', async (context) => {
  needsPostgres(context)
  await using postgres = await startPostgres()
  await postgres.query('create table visits (id serial, count int)')
  const port = await freePort()
  const options = ['--listen', `127.0.0.1:${port}`, '--patience', '500ms', '--startup-patience', '1h', '--json']
  await using command = new Program([COMMAND, 'run', ...options, '--', process.execPath, placed('pg')], {
    env: postgres.env,
    limit: LIMIT,
  })
  await command.printed(/"event":"listening"/)
  for (const count of [1, 2, 3]) {
    const client = new KeepAliveClient({ host: '127.0.0.1', port })
    for (let asked = 0; asked < count; asked++) expect((await client.ask('/').answer).body).toBe('Hello')
    client.destroy()
    await command.printed(new RegExp(`("event":"ended"[^]*?){${count}}`))
  }
  command.kill('SIGTERM')
  expect((await command.ended).code).toBe(0)
  expect(await postgres.query('select count from visits order by id')).toEqual(['1', '2', '3'])
  expect(command.stdout).not.toMatch(/"event":"(crashed|killed)"/)
  expect(command.stderr.match(/^stored$/gm)).toHaveLength(3)
})
