import { writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { freePort, getText, Program } from '@idle-shutdown/testing'
import { describe, expect, test, vi } from 'vitest'
import { LIMIT, makeFolder, needsOnDemand, onDemand, snippet } from './companion.ts'

vi.setConfig({ testTimeout: LIMIT })

const register = createRequire(import.meta.url).resolve('idle-shutdown/register')
const COMMAND = join(register, '../../main.js')
const SAY_PORT = pathToFileURL(join(import.meta.dirname, '../../programs/say-port.js')).href
/** A patience that the work outlasts. */
const SHORT = { IDLE_PATIENCE: '200ms', IDLE_STARTUP_PATIENCE: '1m' }
const WORK = 1500

/** Writes a program whose jobs take a while, and returns its file. */
function written(code: string, root?: string): string {
  const file = join(makeFolder(root), 'server.mjs')
  const job = `async function job() {
    await new Promise((resolve) => setTimeout(resolve, ${WORK}))
    console.log('worked')
  }`
  writeFileSync(file, code.replace('async function job() {}', job).replace('port: 0', 'port: process.env.PORT ?? 0'))
  return file
}

const preloaded = (file: string): Program =>
  new Program(['--import', pathToFileURL(register).href, '--import', SAY_PORT, file], { env: SHORT, limit: LIMIT })

describe.concurrent.each([
  ['srvx', 'GET', '/', 'waitUntil GET /'],
  ['h3', 'POST', '/jobs', 'waitUntil POST /jobs'],
])('%s', (name, method, path, label) => {
  test('a 202 whose work takes longer than the patience is not cut under the preload, and the end follows', async () => {
    const program = preloaded(written(snippet(name, `'15m'`)))
    const headers = { connection: 'close' }
    const response = await fetch(`http://127.0.0.1:${await program.port()}${path}?token=secret`, { method, headers })
    expect(response.status).toBe(202)
    expect(await program.ended).toMatchObject({ code: 0, signal: null })
    expect(program.output).toMatch(/worked.*idle for 200 ms/s)
  })

  test('the status page of run names the work, which is not cut', async () => {
    const [port, page] = [await freePort(), await freePort()]
    const options = ['run', '--listen', `127.0.0.1:${port}`, '--status', String(page), '--patience', '200ms', '--json']
    const program = new Program([COMMAND, ...options, '--', process.execPath, written(snippet(name, `'15m'`))], {
      limit: LIMIT,
    })
    await program.printed(/"event":"listening"/)
    const headers = { connection: 'close' }
    expect((await fetch(`http://127.0.0.1:${port}${path}?token=secret`, { method, headers })).status).toBe(202)
    let seen = { state: '', reasons: '' }
    while (seen.state !== 'asleep' && !seen.reasons.includes('hold')) {
      const { state, idle } = JSON.parse(await getText(page, '/status.json'))
      seen = { state, reasons: String(idle?.reasons) }
    }
    expect(seen.reasons).toMatch(new RegExp(`hold ${label} \\(for .* m?s\\)`))
    await program.printed(/"event":"ended"/)
    expect(program.output).toMatch(/worked/)
    program.kill('SIGTERM')
    await program.ended
  })
})

test('@vercel/functions: a 202 whose work takes longer than the patience is not cut under the preload', async (context) => {
  needsOnDemand(context)
  const code = `
    import { createServer } from 'node:http'
    import { waitUntil } from '@vercel/functions'
    createServer((_req, res) => {
      waitUntil(job())
      res.writeHead(202).end('Accepted')
    }).listen(0, '127.0.0.1')
    async function job() {}`
  const program = preloaded(written(code, onDemand))
  expect(await getText(await program.port())).toBe('Accepted')
  expect(await program.ended).toMatchObject({ code: 0, signal: null })
  expect(program.output).toMatch(/worked.*idle for 200 ms/s)
})
