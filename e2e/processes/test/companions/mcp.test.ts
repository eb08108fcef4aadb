import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { endedByItself, type Program, until } from '@idle-shutdown/testing'
import { describe, expect, type TestContext, test, vi } from 'vitest'
import { Supervised } from '../supervised.ts'
import { LIMIT, makeFolder, needsOnDemand, onDemand, snippet, startProgram } from './companion.ts'
import { McpClient } from './mcp-client.ts'

vi.setConfig({ testTimeout: LIMIT })

const PAGE = 'mcp.md'
const PATIENCE = 1500
/** Longer than the SDK's client takes between the requests by which it begins a session. */
const SHORT = `'${PATIENCE}ms', startupPatience: '1h'`

/** Starts a server of docs/mcp.md. */
function start(heading: string, change: (text: string) => string = (text) => text): Program {
  return startProgram(change(snippet(heading, SHORT, 'js', PAGE)), onDemand)
}

/** Runs a program under the command, which sets its port. */
async function supervise(
  { onTestFinished }: TestContext,
  text: string,
  ...options: readonly string[]
): Promise<Supervised> {
  const file = join(makeFolder(onDemand), 'server.mjs')
  writeFileSync(file, text.replace('listen(0)', 'listen(process.env.PORT)'))
  const supervised = await Supervised.start(file, ['--patience', `${PATIENCE}ms`, ...options])
  onTestFinished(() => supervised[Symbol.asyncDispose]())
  return supervised
}

async function connect({ onTestFinished }: TestContext, port: number): Promise<McpClient> {
  const client = await McpClient.connect(port)
  onTestFinished(() => client.close())
  return client
}

/** Waits for the GET stream that a client opens by itself after it has begun a session. */
async function stream(client: McpClient, nth = 1): Promise<{ status: number; ended: Promise<string> }> {
  await until(
    () => client.streams.length >= nth,
    () => `GET ${nth} was not sent`,
    60_000,
  )
  return client.streams[nth - 1] ?? { status: 0, ended: Promise.resolve('never') }
}

/** Returns what `happening` resolves with, or `undefined` after `ms`. */
function within<T>(happening: Promise<T>, ms: number): Promise<T | undefined> {
  return Promise.race([happening, new Promise<undefined>((resolve) => setTimeout(resolve, ms, undefined))])
}

describe('an MCP server without sessions', () => {
  test('sleeps between two calls, and the next call starts it again', async (context) => {
    needsOnDemand(context)
    const supervised = await supervise(context, snippet('Stateless', SHORT, 'js', PAGE))
    const client = await connect(context, supervised.heldPort)
    for (const nth of [1, 2, 3]) {
      expect(await client.call('add', { a: nth, b: 1 })).toBe(String(nth + 1))
      await supervised.event('ended', nth)
    }
    expect(client.session).toBeUndefined()
    expect((await stream(client)).status).toBe(405)
    expect(supervised.events('starting')).toHaveLength(3)
    expect(supervised.events('crashed')).toEqual([])
  })
})

describe('an MCP server whose sessions may be lost', () => {
  test('ends under the open GET stream of a client, and ends the stream properly', async (context) => {
    needsOnDemand(context)
    const program = start('Sessions that may be lost')
    const client = await connect(context, await program.port())
    const { status, ended } = await stream(client)
    expect(status).toBe(200)
    expect(await client.call('add', { a: 1, b: 2 })).toBe('3')
    expect(await ended).toBe('properly')
    expect(await program.ended).toMatchObject(endedByItself)
  })

  test('stays up under the open GET stream if the route does not ignore streams', async (context) => {
    needsOnDemand(context)
    const program = start('Sessions that may be lost', (text) => text.replace("shutdown.stream('ignore'), ", ''))
    const client = await connect(context, await program.port())
    await stream(client)
    expect(await within(program.ended, 3 * PATIENCE)).toBeUndefined()
    program.kill('SIGKILL')
  })

  test('is started again by the next call, which is answered with 404, and sleeps again', async (context) => {
    needsOnDemand(context)
    const supervised = await supervise(context, snippet('Sessions that may be lost', SHORT, 'js', PAGE))
    const client = await connect(context, supervised.heldPort)
    expect(await (await stream(client)).ended).toBe('properly')
    await supervised.event('ended')
    await expect(client.call('add', { a: 1, b: 2 })).rejects.toThrow('no such session')
    const next = await connect(context, supervised.heldPort)
    expect(await next.call('add', { a: 1, b: 2 })).toBe('3')
    expect(next.session).not.toBe(client.session)
    expect(await (await stream(next)).ended).toBe('properly')
    expect(supervised.events('crashed')).toEqual([])
  })
})

describe('an MCP server that keeps its sessions', () => {
  const HEADING = 'Sessions that are kept'

  test('stays up while a session exists, and ends after its DELETE', async (context) => {
    needsOnDemand(context)
    const program = start(HEADING)
    const client = await connect(context, await program.port())
    expect(await within(program.ended, 3 * PATIENCE)).toBeUndefined()
    expect(await client.call('add', { a: 1, b: 2 })).toBe('3')
    await client.terminate()
    expect(await (await stream(client)).ended).toBe('properly')
    expect(await program.ended).toMatchObject(endedByItself)
  })

  test('ends when the age of an unused session is over', async (context) => {
    needsOnDemand(context)
    const age = 2 * PATIENCE
    const program = start(HEADING, (text) => text.replace('3_600_000', String(age)))
    const client = await connect(context, await program.port())
    const { ended } = await stream(client)
    expect(await client.call('add', { a: 1, b: 2 })).toBe('3')
    const since = performance.now()
    expect(await ended).toBe('properly')
    expect(performance.now() - since).toBeGreaterThan(age - 50)
    expect(await program.ended).toMatchObject(endedByItself)
  })
})

describe('an unmodified MCP server under run', () => {
  /** Has sessions, a GET stream, and a tool that takes a while. Knows nothing of an idle end. */
  const program = (options = ''): string => `
import { randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import { isInitializeRequest } from '@modelcontextprotocol/sdk/types.js'
import express from 'express'
import { z } from 'zod'

const sessions = new Map()
async function open() {
  const server = new McpServer({ name: 'work', version: '1.0.0' })
  server.registerTool('work', { inputSchema: { ms: z.number() } }, async ({ ms }) => {
    await wait(ms)
    return { content: [{ type: 'text', text: 'done' }] }
  })
  const onsessioninitialized = (id) => sessions.set(id, transport)
  const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: randomUUID, onsessioninitialized, ${options} })
  await server.connect(transport)
  return transport
}
const app = express()
app.all('/mcp', express.json(), async (req, res) => {
  const id = req.headers['mcp-session-id']
  const transport = isInitializeRequest(req.body) ? await open() : sessions.get(id)
  if (transport === undefined) res.status(404).json({ error: 'no such session' })
  else await transport.handleRequest(req, res, req.body)
})
app.listen(0)
`

  test('--streams ignore: sleeps under the GET stream, ends it properly, and wakes for the next session', async (context) => {
    needsOnDemand(context)
    const supervised = await supervise(context, program(), '--streams', 'ignore')
    for (const nth of [1, 2]) {
      const client = await connect(context, supervised.heldPort)
      const { status, ended } = await stream(client)
      expect(status).toBe(200)
      expect(await client.call('work', { ms: 1 })).toBe('done')
      expect(await ended).toBe('properly')
      await client.close()
      await supervised.event('ended', nth)
    }
    expect(supervised.events('crashed')).toEqual([])
  })

  test('--streams ignore: the SDK’s client wakes it to open its stream again, and lets it sleep when that is refused', async (context) => {
    needsOnDemand(context)
    const supervised = await supervise(context, program(), '--streams', 'ignore')
    const client = await connect(context, supervised.heldPort)
    await (await stream(client)).ended
    await supervised.event('ended', 1)
    await supervised.event('ready', 2)
    await until(
      () => client.errors.some((error) => error.startsWith('Maximum reconnection attempts')),
      () => `the client did not give up: ${client.errors.join(', ')}`,
      60_000,
    )
    expect(client.streams.map(({ status }) => status)).toEqual([200, 404, 404])
    const starts = supervised.events('starting').length
    await supervised.event('ended', starts)
    await wait(3 * PATIENCE)
    expect(supervised.events('starting')).toHaveLength(starts)
    expect(supervised.events('crashed')).toEqual([])
  })

  test('--streams open: stays up under the GET stream', async (context) => {
    needsOnDemand(context)
    const supervised = await supervise(context, program())
    const client = await connect(context, supervised.heldPort)
    await stream(client)
    await wait(3 * PATIENCE)
    expect(supervised.events('idle')).toEqual([])
  })

  test('--streams traffic: stays up while the SDK writes comments, and sleeps without them', async (context) => {
    needsOnDemand(context)
    const talks = await supervise(context, program('keepAliveMs: 100'), '--streams', 'traffic')
    const silent = await supervise(context, program('keepAliveMs: 0'), '--streams', 'traffic')
    const [first, second] = [await connect(context, talks.heldPort), await connect(context, silent.heldPort)]
    await stream(first)
    expect(await (await stream(second)).ended).toBe('properly')
    await silent.event('ended')
    expect(talks.events('idle')).toEqual([])
  })

  test.for([
    ['an event stream is cut', '', undefined],
    ['JSON is answered', 'enableJsonResponse: true', 'done'],
  ] as const)(
    '--streams ignore: a call that takes long and is answered as %s',
    async ([, options, answer], context) => {
      needsOnDemand(context)
      const supervised = await supervise(context, program(options), '--streams', 'ignore')
      const client = await connect(context, supervised.heldPort)
      // The client of a stream that ends without an answer waits for its own timeout of a minute.
      const called = client.call('work', { ms: 4 * PATIENCE }).catch(() => undefined)
      expect(await within(called, 8 * PATIENCE)).toBe(answer)
      expect(supervised.events('idle').length > 0).toBe(answer === undefined)
    },
  )
})
