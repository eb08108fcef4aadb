import { once } from 'node:events'
import { request } from 'node:http'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test } from 'vitest'
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

test('each answer has the newest', async () => {
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
])('asked by the name %s: %d', async (host, status) => {
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

test('a source that fails is said, and the server lives on', async () => {
  const refresh = source.refresh
  source.refresh = () => Promise.reject(new Error('no answer'))
  const response = await ask('/status.json')
  source.refresh = refresh
  expect([response.status, await response.text()]).toEqual([500, 'no answer\n'])
  expect((await ask('/status.json')).status).toBe(200)
})

test('a port in use rejects with EADDRINUSE, and close() without a start does nothing', async () => {
  const second = new StatusServer(source)
  await expect(second.start({ host: '127.0.0.1', port: Number(server.address) })).rejects.toMatchObject({
    code: 'EADDRINUSE',
  })
  await second.close()
})
