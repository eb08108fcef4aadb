import { once } from 'node:events'
import { statSync } from 'node:fs'
import { request } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { makeTempFolder } from '@idle-shutdown/testing'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { StatusServer } from '../src/status/status-server.ts'
import { StatusSource } from './status-source.ts'

const source = new StatusSource()
const server = new StatusServer(source)
beforeAll(() => server.start({ host: '127.0.0.1', port: 0 }))
afterAll(() => server.close())

const ask = (path: string, init?: RequestInit) => fetch(`http://127.0.0.1:${server.address}${path}`, init)

test.each([
  ['/', {}],
  ['/status.json', {}],
  ['/', { accept: 'application/json' }],
])('%s with %j', async (path, headers) => {
  const json = path !== '/' || 'accept' in headers
  const response = await ask(path, { headers })
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toBe(
    json ? 'application/json; charset=utf-8' : 'text/html; charset=utf-8',
  )
  expect(response.headers.get('cache-control')).toBe('no-store')
  expect(response.headers.get('content-security-policy')).toContain("default-src 'none'")
  const text = await response.text()
  if (json) expect(JSON.parse(text)).toMatchObject({ state: 'asleep', listen: ['3000'], command: ['npm', 'start'] })
  else expect(text).toMatch(/^<!doctype html>/)
})

test('each answer has the newest status', async () => {
  source.set({ state: 'starting', starts: 1 })
  const before = source.asked
  expect(await (await ask('/status.json?x=1')).json()).toMatchObject({ state: 'starting', starts: 1 })
  expect(source.asked).toBe(before + 1)
})

test('HEAD has the length, and no body', async () => {
  const response = await ask('/', { method: 'HEAD' })
  expect(Number(response.headers.get('content-length'))).toBeGreaterThan(1000)
  expect(await response.text()).toBe('')
})

test.each([
  ['localhost', 200],
  ['rebound.example', 403],
])('a request for the host %s is answered with %d', async (host, status) => {
  const asked = request({ host: '127.0.0.1', port: server.address, path: '/status.json', headers: { host } }).end()
  const [response] = await once(asked, 'response')
  expect(response.statusCode).toBe(status)
  expect((await text(response)).includes('"state"')).toBe(status === 200)
})

test.each([
  ['GET', '/nothing', 404],
  ['GET', '/../package.json', 404],
  ['GET', '/%2e%2e/package.json', 404],
  ['POST', '/', 405],
  ['DELETE', '/status.json', 405],
])('%s %s is %d', async (method, path, status) => {
  expect((await ask(path, { method })).status).toBe(status)
})

test('a page of another origin can neither read nor embed the page, and cannot send forms to it', async () => {
  for (const path of ['/', '/status.json', '/nothing']) {
    const { headers } = await ask(path, { headers: { origin: 'https://evil.example' } })
    expect([...headers.keys()].filter((name) => name.startsWith('access-control-'))).toEqual([])
    expect(headers.get('cross-origin-resource-policy')).toBe('same-origin')
    expect(headers.get('referrer-policy')).toBe('no-referrer')
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    const policy = headers.get('content-security-policy')?.split('; ')
    expect(policy).toEqual(
      expect.arrayContaining(["default-src 'none'", "frame-ancestors 'none'", "form-action 'none'", "base-uri 'none'"]),
    )
    expect(policy?.filter((rule) => /unsafe|\*|https?:/.test(rule))).toEqual([])
  }
  expect((await ask('/status.json', { method: 'OPTIONS' })).status).toBe(405)
})

/** Returns the answer to bytes on a new connection, until it ends. */
async function answerTo(bytes: string): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port: Number(server.address) })
  socket.end(bytes)
  return text(socket)
}

test.each([
  ['a path that leaves the folder', 'GET /../../package.json HTTP/1.1\r\nHost: localhost\r\n', 404],
  ['a path with escapes', 'GET /..%2f..%2fpackage.json HTTP/1.1\r\nHost: localhost\r\n', 404],
  ['a path with backslashes', 'GET /..\\..\\package.json HTTP/1.1\r\nHost: localhost\r\n', 404],
  ['a target in absolute form', 'GET http://evil.example/status.json HTTP/1.1\r\nHost: localhost\r\n', 404],
  ['no Host', 'GET /status.json HTTP/1.1\r\n', 400],
  ['two Hosts', 'GET /status.json HTTP/1.1\r\nHost: evil.example\r\nHost: localhost\r\n', 403],
  ['no HTTP', '\u0000\u0001\u0002 nonsense\r\n', 400],
  ['a method that does not exist', 'LOOK / HTTP/1.1\r\nHost: localhost\r\n', 400],
  ['a head of 100 kB', `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(100_000)}\r\n`, 431],
])('refuses %s, and continues to serve', async (_, head, status) => {
  const answer = await answerTo(`${head}Connection: close\r\n\r\n`)
  expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
  expect(answer).not.toMatch(/"state"|"version"|access-control/i)
  expect((await ask('/status.json')).status).toBe(200)
})

test('serves one JSON document, whatever the names are', async () => {
  const command = ['node', '</script><script>', 'a\nb\u001b[2J']
  source.set({ command, lastFailure: { why: '<b>\r\nx: y', at: 1 } })
  const response = await ask('/status.json')
  const body = await response.text()
  expect(JSON.parse(body)).toMatchObject({ command, lastFailure: { why: '<b>\r\nx: y' } })
  expect(body).not.toContain('\u001b')
  expect(response.headers.has('x')).toBe(false)
})

test.skipIf(process.platform === 'win32')('only its own user can use a path, whatever the umask', async () => {
  const folder = makeTempFolder(onTestFinished)
  const path = join(folder, 'status.sock')
  const before = process.umask(0)
  const second = new StatusServer(source)
  try {
    await second.start({ path })
    expect(process.umask()).toBe(0)
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect([second.address, second.url]).toEqual([path, path])
    const asked = request({ socketPath: path, path: '/status.json', headers: { host: 'any.example' } }).end()
    const [response] = await once(asked, 'response')
    expect(await text(response)).toContain('"state"')
  } finally {
    process.umask(before)
    await second.close()
  }
})

test('returns an address that a browser accepts', async () => {
  const second = new StatusServer(source)
  await second.start({ host: '::1', port: 0 })
  expect(second.url).toBe(`http://[::1]:${second.address}/`)
  expect((await fetch(second.url)).status).toBe(200)
  await second.close()
})

test('answers with the error when the source fails, and continues to serve', async () => {
  const refresh = source.refresh
  source.refresh = () => Promise.reject(new Error('no answer'))
  const response = await ask('/status.json')
  source.refresh = refresh
  expect([response.status, await response.text()]).toEqual([500, 'no answer\n'])
  expect((await ask('/status.json')).status).toBe(200)
})

test('rejects with EADDRINUSE when the port is in use, and close() without a start does nothing', async () => {
  const second = new StatusServer(source)
  await expect(second.start({ host: '127.0.0.1', port: Number(server.address) })).rejects.toMatchObject({
    code: 'EADDRINUSE',
  })
  await second.close()
})
