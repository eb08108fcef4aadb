import { spawnSync } from 'node:child_process'
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { accepts, freePort, Program, until } from '@idle-shutdown/testing'
import type { TestContext } from 'vitest'
import { LIMIT, needsOnDemand, onDemand } from './companion.ts'

// The servers of companions, from Debian's packages: installed, or unpacked by `pnpm companions`.

const UNPACKED = join(onDemand, '.debian')
/** The user that runs the servers, since PostgreSQL refuses to run as root. */
const user = process.getuid?.() === 0 ? 65_534 : undefined
const arch = { x64: 'x86_64', arm64: 'aarch64' }[process.arch as string] ?? process.arch
const env = { LD_LIBRARY_PATH: join(UNPACKED, `usr/lib/${arch}-linux-gnu`), LC_ALL: 'C' }

const postgresFolder = newestPostgres()
const redis = found('usr/bin/redis-server')

/** Skips a test if PostgreSQL cannot run here. */
export function needsPostgres(context: Pick<TestContext, 'skip'>): void {
  needs(context, postgresFolder && postgresProgram('postgres'), 'PostgreSQL')
}

/** Skips a test if Redis cannot run here. */
export function needsRedis(context: Pick<TestContext, 'skip'>): void {
  needs(context, redis, 'Redis')
}

/** Starts PostgreSQL with empty data on a port of 127.0.0.1. Its superuser is `test`, without a password. */
export async function startPostgres(): Promise<PostgresServer> {
  const folder = ownFolder()
  const created = ['-D', join(folder, 'data'), '-U', 'test', '-A', 'trust', '-E', 'UTF8', '--no-locale', '-N']
  await run(postgresProgram('initdb'), created)
  const port = await freePort()
  const args = ['-D', join(folder, 'data'), '-p', String(port), '-h', '127.0.0.1', '-k', folder, '-F']
  // The log reports each connection that begins and ends.
  return new PostgresServer(
    postgresProgram('postgres'),
    [...args, '-c', 'log_connections=on'],
    port,
    folder,
  ).accepting()
}

/** Starts Redis without data on a port of 127.0.0.1. */
export async function startRedis(): Promise<DatabaseServer> {
  const folder = ownFolder()
  const port = await freePort()
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--appendonly', 'no']
  return new DatabaseServer(redis ?? '', args, port, folder).accepting()
}

/** A database server in its own process and folder. */
export class DatabaseServer extends Program {
  /** The port that it was given. */
  readonly givenPort: number
  readonly #folder: string

  constructor(command: string, args: readonly string[], port: number, folder: string) {
    super(args, { command, env, limit: LIMIT, ...(user !== undefined && { user }) })
    this.givenPort = port
    this.#folder = folder
  }

  /** Resolves with the server when it accepts connections. */
  async accepting(): Promise<this> {
    await until(
      () => accepts(this.givenPort),
      () => `the database server does not accept connections:\n${this.output}`,
      60_000,
    )
    return this
  }

  /** Ends the server, and removes its data. */
  override async [Symbol.asyncDispose](): Promise<void> {
    // PostgreSQL ends its children at once. A kill would leave them.
    this.kill('SIGINT')
    await this.ended
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

/** A PostgreSQL server in its own process and folder. */
export class PostgresServer extends DatabaseServer {
  /** The variables with which libpq and the npm package pg connect. */
  get env(): NodeJS.ProcessEnv {
    return { PGHOST: '127.0.0.1', PGPORT: String(this.givenPort), PGUSER: 'test', PGDATABASE: 'postgres' }
  }

  /** The address for clients that take a URL. */
  get url(): string {
    return `postgresql://test@127.0.0.1:${this.givenPort}/postgres`
  }

  /** Runs statements, and returns the rows as lines. */
  async query(sql: string): Promise<string[]> {
    const args = ['--no-psqlrc', '-qAt', '-v', 'ON_ERROR_STOP=1', '-c', sql]
    const psql = new Program(args, { command: postgresProgram('psql'), env: { ...env, ...this.env }, limit: LIMIT })
    const { code, stdout, stderr } = await psql.ended
    if (code !== 0) throw new Error(`psql failed: ${stderr}`)
    return stdout.split('\n').slice(0, -1)
  }
}

function needs(context: Pick<TestContext, 'skip'>, file: string | undefined, name: string): void {
  needsOnDemand(context)
  const runs = file !== undefined && spawnSync(file, ['--version'], { env, ...(user && { uid: user }) }).status === 0
  context.skip(!runs, `${name} is not installed, or an ordinary user cannot run it: pnpm companions, as root on Debian`)
}

function found(path: string): string | undefined {
  return [join('/', path), join(UNPACKED, path)].find(existsSync)
}

function newestPostgres(): string | undefined {
  const folder = found('usr/lib/postgresql')
  const [newest] = folder === undefined ? [] : readdirSync(folder).sort((a, b) => Number(b) - Number(a))
  return folder === undefined || newest === undefined ? undefined : join(folder, newest, 'bin')
}

function postgresProgram(name: string): string {
  return join(postgresFolder ?? '', name)
}

function ownFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'idle-shutdown-database-'))
  if (user !== undefined) chownSync(folder, user, user)
  return folder
}

async function run(command: string, args: readonly string[]): Promise<void> {
  const options = { command, env, limit: LIMIT, ...(user !== undefined && { user }) }
  const { code, stdout, stderr } = await new Program(args, options).ended
  if (code !== 0) throw new Error(`${command} ended with ${code}: ${stdout}${stderr}`)
}
