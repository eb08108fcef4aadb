import { createRequire } from 'node:module'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { endedByItself, getText, type Program, until } from '@idle-shutdown/testing'
import { describe, expect, test, vi } from 'vitest'
import { LIMIT, onDemand, PATIENT, snippet, startProgram } from './companion.ts'
import { type DatabaseServer, needsPostgres, needsRedis, startPostgres, startRedis } from './databases.ts'

vi.setConfig({ testTimeout: LIMIT })

/** The time (ms) without activity after which a program of the page is quiet here. */
const QUIET = 300
/** The patience of a program that ends by itself: longer than it takes to be quiet. */
const ENDS = `'1s', startupPatience: '1h'`

/** Starts a program of docs/companions.md that is quiet after {@link QUIET}. */
function start(heading: string, patience: string, env: NodeJS.ProcessEnv = {}): Program {
  const text = snippet(heading, patience).replace("'30s'", `'${QUIET}ms'`).replace('5000', '20')
  return startProgram(text, onDemand, env)
}

/** Sends requests at once, each on a connection of its own. */
async function ask(program: Program, count = 1): Promise<string[]> {
  const port = await program.port()
  return Promise.all(Array.from({ length: count }, () => getText(port)))
}

describe.concurrent('pg', () => {
  interface Client {
    connect(): Promise<void>
    query(text: string): Promise<{ rows: readonly Readonly<Record<string, number>>[] }>
    end(): Promise<void>
  }

  const LOGIN = { host: '127.0.0.1', user: 'test', database: 'postgres' }
  /** The name of the connection that counts the others. */
  const COUNTS = 'counts'

  /** Returns the number of connections but its own, as PostgreSQL sees them. */
  async function connectionsOf({ givenPort }: DatabaseServer): Promise<number> {
    const { Client }: { Client: new (options: object) => Client } = createRequire(join(onDemand, 'package.json'))('pg')
    const client = new Client({ ...LOGIN, port: givenPort, application_name: COUNTS })
    await client.connect()
    const others = `backend_type = 'client backend' AND pid <> pg_backend_pid()`
    const { rows } = await client.query(`SELECT count(*)::int AS count FROM pg_stat_activity WHERE ${others}`)
    await client.end()
    return rows[0]?.['count'] ?? Number.NaN
  }

  const env = ({ givenPort }: DatabaseServer): NodeJS.ProcessEnv => ({
    PGHOST: LOGIN.host,
    PGPORT: String(givenPort),
    PGUSER: LOGIN.user,
    PGDATABASE: LOGIN.database,
  })

  test('closes all connections of the pool each time the server is quiet, and the next request works', async (context) => {
    needsPostgres(context)
    await using database = await startPostgres()
    const isOpening = (line: string): boolean => line.includes('connection authorized') && !line.includes(COUNTS)
    const opened = (): number => database.output.split('\n').filter(isOpening).length
    const program = start('pg', PATIENT, env(database))
    for (const _ of [1, 2, 3]) {
      const before = opened()
      for (const answer of await ask(program, 4)) expect(answer).toMatch(/"now":/)
      expect(opened()).toBeGreaterThan(before)
      await until(
        async () => (await connectionsOf(database)) === 0,
        () => 'the connections were not closed',
      )
    }
    program.kill('SIGTERM')
    expect(await program.ended).toMatchObject(endedByItself)
  })

  test('closes the pool on SIGTERM before the server is quiet, and ends with 0', async (context) => {
    needsPostgres(context)
    await using database = await startPostgres()
    const program = start('pg', PATIENT, env(database))
    await ask(program)
    program.kill('SIGTERM')
    expect(await program.ended).toMatchObject(endedByItself)
  })

  test('ends by itself with 0 when it is idle', async (context) => {
    needsPostgres(context)
    await using database = await startPostgres()
    const program = start('pg', ENDS, env(database))
    await ask(program, 4)
    expect(await program.ended).toMatchObject(endedByItself)
  })
})

describe.concurrent('ioredis', () => {
  interface Client {
    info(): Promise<string>
    disconnect(): void
  }

  /** Returns the numbers of connections but its own, as Redis sees them: those that are open, and all so far. */
  async function connectionsOf({ givenPort }: DatabaseServer): Promise<{ open: number; all: number }> {
    const { Redis }: { Redis: new (port: number) => Client } = createRequire(join(onDemand, 'package.json'))('ioredis')
    const client = new Redis(givenPort)
    const stats = await client.info()
    client.disconnect()
    const count = (name: string): number => Number(new RegExp(`${name}:(\\d+)`).exec(stats)?.[1]) - 1
    return { open: count('connected_clients'), all: count('total_connections_received') }
  }

  const env = ({ givenPort }: DatabaseServer): NodeJS.ProcessEnv => ({ REDIS_URL: `redis://127.0.0.1:${givenPort}` })

  test('disconnects each time the server is quiet, and connects at the next request', async (context) => {
    needsRedis(context)
    await using database = await startRedis()
    const program = start('ioredis', PATIENT, env(database))
    await program.port()
    for (const nth of [1, 2, 3]) {
      const before = (await connectionsOf(database)).all
      expect(await ask(program)).toEqual([String(nth)])
      // The connection that counted before, and that of the program.
      expect((await connectionsOf(database)).all - before).toBe(2)
      await until(
        async () => (await connectionsOf(database)).open === 0,
        () => 'the client did not disconnect',
      )
    }
    program.kill('SIGTERM')
    expect(await program.ended).toMatchObject(endedByItself)
  })

  test('ends by itself with 0 when it is idle', async (context) => {
    needsRedis(context)
    await using database = await startRedis()
    const program = start('ioredis', ENDS, env(database))
    await ask(program)
    expect(await program.ended).toMatchObject(endedByItself)
  })
})

describe.concurrent('an interval', () => {
  const polls = (program: Program): number => program.lines.filter((line) => line === 'polled').length

  test('stops each time the server is quiet, and starts at the next request', async () => {
    const program = start('An interval', PATIENT)
    for (const _ of [1, 2, 3]) {
      expect(await ask(program)).toEqual(['Hello'])
      const before = polls(program)
      await until(
        () => polls(program) > before,
        () => 'the interval did not start',
      )
      await until(
        async () => {
          const seen = polls(program)
          await wait(QUIET)
          return polls(program) === seen
        },
        () => 'the interval did not stop',
      )
    }
    program.kill('SIGTERM')
    expect(await program.ended).toMatchObject(endedByItself)
  })

  test('ends by itself with 0 when it is idle', async () => {
    const program = start('An interval', ENDS)
    await ask(program)
    expect(await program.ended).toMatchObject(endedByItself)
  })
})
