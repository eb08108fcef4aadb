import { WebSocket } from 'ws'

/** Requests responses from the port, and rejects if one is wrong. */
type Check = (port: number) => Promise<void>

/** An unmodified program. */
export interface App {
  readonly name: string
  /** The npm package. Default: the name. */
  readonly package?: string
  /** Returns the arguments that start the program on a port of 127.0.0.1. PORT and HOST are set too. */
  readonly args: (port: number) => readonly string[]
  readonly checks: readonly Check[]
  /** The path that answers 202 to a POST, works for the milliseconds in the query `ms`, and then prints `worked`. */
  readonly work?: string
}

/** The programs. Each has a folder of `programs` with a package.json for its dependencies, and nothing of ours except a plugin of Nitro. */
export const APPS: readonly App[] = [
  {
    name: 'http-server',
    args: (port) => ['node_modules/http-server/bin/http-server', 'public', '-a', '127.0.0.1', '-p', String(port)],
    checks: [get('/', /Hello from a file/), get('/nothing', /^/, 404)],
  },
  {
    name: 'json-server',
    args: (port) => [
      'node_modules/json-server/lib/cli/bin.js',
      '--host',
      '127.0.0.1',
      '--port',
      String(port),
      'db.json',
    ],
    checks: [get('/notes/1', /Hello from a database/), get('/notes/2', /\{\}/, 404), get('/', /JSON Server/)],
  },
  {
    name: 'serve',
    args: (port) => ['node_modules/serve/build/main.js', '--listen', `tcp://127.0.0.1:${port}`, 'public'],
    checks: [get('/', /Hello from a file/), get('/nothing', /^/, 404)],
  },
  {
    name: 'ws',
    args: () => ['server.js'],
    checks: [get('/', /Hello from a chat/), chat('/chat')],
  },
  {
    name: 'apollo',
    package: '@apollo/server',
    args: () => ['server.js'],
    checks: [
      post('/', { query: '{ hello(name: "you") }' }, /"hello":"Hello, you"/),
      post('/', { query: '{ nothing }' }, /Cannot query field/, 400),
    ],
  },
  {
    name: 'nest',
    package: '@nestjs/core',
    args: () => ['dist/main.js'],
    checks: [get('/', /Hello from a controller/), post('/hello', { name: 'you' }, /"hello":"you"/, 201)],
  },
  {
    name: 'nitro',
    package: 'nitropack',
    args: () => ['.output/server/index.mjs'],
    work: '/work',
    checks: [get('/', /Hello from a route/), post('/hello', { name: 'you' }, /"hello":\s*"you"/)],
  },
  {
    name: 'sveltekit',
    package: '@sveltejs/kit',
    args: () => ['build'],
    checks: [get('/', /Hello from a page/), post('/api/hello', { name: 'you' }, /"hello":"you"/)],
  },
  {
    name: 'next',
    args: (port) => ['node_modules/next/dist/bin/next', 'start', '-H', '127.0.0.1', '-p', String(port)],
    work: '/api/after',
    checks: [get('/', /Hello from a page/), post('/api/hello', { name: 'you' }, /"hello":"you"/)],
  },
  {
    name: 'verdaccio',
    args: (port) => [
      'node_modules/verdaccio/bin/verdaccio',
      '--config',
      'config.yaml',
      '--listen',
      `127.0.0.1:${port}`,
    ],
    checks: [get('/-/ping', /\{\}/), get('/no-such-package', /no such package/, 404)],
  },
]

/** A server for development, whose pages keep a WebSocket open. */
export interface DevServer {
  readonly name: string
  /** Returns the arguments that start it on a port of 127.0.0.1. */
  readonly args: (port: number) => readonly string[]
  /** The text that the page shows. */
  readonly shows: string
}

/** The servers for development. Each has a folder of `programs`, too. */
export const DEV_SERVERS: readonly DevServer[] = [
  {
    name: 'vite',
    args: (port) => ['node_modules/vite/bin/vite.js', '--host', '127.0.0.1', '--port', String(port)],
    shows: 'Hello from Vite',
  },
  {
    name: 'next',
    args: (port) => ['node_modules/next/dist/bin/next', 'dev', '-H', '127.0.0.1', '-p', String(port)],
    shows: 'Hello from a page',
  },
]

/** The program with a test of its own, since it needs a database. */
export const PRISMA = { name: 'prisma' } as const

/**
 * Returns those of the programs that IDLE_APPS names, or all if it is not set.
 *
 * @throws if a name is unknown
 */
export function chosen<T extends { readonly name: string }>(programs: readonly T[]): readonly T[] {
  const known = new Set([...APPS, ...DEV_SERVERS, PRISMA].map(({ name }) => name))
  const names = process.env['IDLE_APPS']?.split(' ') ?? [...known]
  const unknown = names.filter((name) => !known.has(name))
  if (unknown.length > 0) throw new Error(`no such program: ${unknown.join(' ')}; there are ${[...known].join(' ')}`)
  return programs.filter(({ name }) => names.includes(name))
}

function get(path: string, pattern: RegExp, status = 200): Check {
  return (port) => answers(port, path, {}, pattern, status)
}

function post(path: string, body: object, pattern: RegExp, status = 200): Check {
  const headers = { 'content-type': 'application/json' }
  const init = { method: 'POST', headers, body: JSON.stringify(body) }
  return (port) => answers(port, path, init, pattern, status)
}

async function answers(port: number, path: string, init: RequestInit, pattern: RegExp, status: number): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, init)
  const text = await response.text()
  if (response.status === status && pattern.test(text)) return
  throw new Error(`${path} answered ${response.status}, and not ${status} with ${pattern}: ${text.slice(0, 300)}`)
}

/** Two clients connect, one sends, both receive, and both leave. */
function chat(path: string): Check {
  return async (port) => {
    const sockets = [1, 2].map(() => new WebSocket(`ws://127.0.0.1:${port}${path}`))
    await Promise.all(sockets.map((socket) => event(socket, 'open')))
    const heard = sockets.map((socket) => event(socket, 'message'))
    sockets[0]?.send('Good morning')
    for (const [said] of await Promise.all(heard)) {
      if (String(said) !== 'Good morning') throw new Error(`the chat said ${said}`)
    }
    const closed = sockets.map((socket) => event(socket, 'close'))
    for (const socket of sockets) socket.close()
    await Promise.all(closed)
  }
}

function event(socket: WebSocket, name: string): Promise<unknown[]> {
  return new Promise((resolve, reject) => {
    socket.once(name, (...args) => resolve(args))
    socket.once('error', reject)
  })
}
