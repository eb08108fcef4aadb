// Tests unmodified programs from npm. Under the preload, each must answer all requests and end when idle. Under
// `idle-shutdown run`, the next request must start each again. The first run installs and builds them in e2e/.apps,
// since they are not dependencies of the workspace. Arguments name some of the programs. The last line is the total.
import { dirname, join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { freePort } from '@idle-shutdown/conformance/program'
import { apps } from './apps.mjs'
import { installed, pinned } from './installation.mjs'
import { Program } from './program.mjs'

const PATIENCE = 1500
const ROUNDS = 3

const PRELOAD = import.meta.resolve('idle-shutdown/register')
const COMMAND = join(dirname(fileURLToPath(PRELOAD)), '../main.js')

const names = process.argv.slice(2)
const unknown = names.filter((name) => !apps.some((app) => app.name === name))
if (unknown.length > 0)
  throw new Error(`no such program: ${unknown.join(' ')}; there are ${apps.map(({ name }) => name).join(' ')}`)

/** @type {Record<string, string>[]} */
const table = []
let passed = 0
let failed = 0
for (const app of apps) {
  if (names.length > 0 && !names.includes(app.name)) continue
  const row = { program: app.name, version: pinned(app.name, app.package ?? app.name) }
  const preload = await outcome(`${app.name} under the preload`, () => underPreload(app))
  const run = await outcome(`${app.name} under run`, () => underRun(app))
  table.push({ ...row, preload, run })
}
console.table(table)
console.log(`on Node ${process.version}: ${passed} passed, ${failed} failed`)
if (failed > 0) process.exitCode = 1

async function outcome(/** @type {string} */ title, /** @type {() => Promise<string>} */ test) {
  try {
    const told = await test()
    passed++
    console.log(`passed: ${title}: ${told}`)
    return told
  } catch (error) {
    failed++
    console.log(`FAILED: ${title}: ${error instanceof Error ? error.stack : error}`)
    return 'FAILED'
  }
}

/** Expects that a program answers everything, and ends by itself with code 0, not before the patience is over. */
async function underPreload(/** @type {import('./apps.mjs').App} */ app) {
  const port = await freePort()
  const env = { PORT: String(port), HOST: '127.0.0.1', IDLE_PATIENCE: `${PATIENCE}ms` }
  const program = new Program(installed(app.name), ['--import', PRELOAD, ...app.args(port)], env)
  return saying(program, async () => {
    await program.listens(port)
    const answered = await ask(app, port)
    const last = performance.now()
    const { code, signal } = await program.end()
    const after = performance.now() - last
    if (code !== 0) throw new Error(`it ended with ${code ?? signal}`)
    if (after < PATIENCE - 50)
      throw new Error(`it ended ${after} ms after the last answer, with a patience of ${PATIENCE}`)
    return `${answered} answered, ended with 0 after ${Math.round(after)} ms`
  })
}

/** Expects that the first request starts a program, and that the next request after its end starts it again. */
async function underRun(/** @type {import('./apps.mjs').App} */ app) {
  const port = await freePort()
  const env = { PORT: String(port), HOST: '127.0.0.1' }
  const options = ['run', '--listen', `127.0.0.1:${port}`, '--patience', `${PATIENCE}ms`, '--json']
  const node = [process.execPath, ...app.args(port)]
  const program = new Program(installed(app.name), [COMMAND, ...options, '--', ...node], env)
  return saying(program, async () => {
    await program.event('listening')
    if (program.events.some(({ event }) => event === 'starting'))
      throw new Error('the program started before the first request')
    let answered = await ask(app, port)
    await program.event('ended', 1)
    answered += await ask(app, port)
    await program.event('ended', 2)
    program.kill('SIGTERM')
    const { code, signal } = await program.end()
    if (code !== 0) throw new Error(`idle-shutdown ended with ${code ?? signal}`)
    const crashes = program.events.filter(({ event }) => event === 'crashed')
    if (crashes.length > 0) throw new Error(`it crashed: ${JSON.stringify(crashes)}`)
    const colds = program.events
      .filter(({ event }) => event === 'ready')
      .map(({ coldStart }) => Math.round(Number(coldStart)))
    return `${answered} answered, cold starts ${colds.join(' and ')} ms`
  })
}

/** Runs every check in sequence, then again, and then all at once. */
async function ask(/** @type {import('./apps.mjs').App} */ { checks }, /** @type {number} */ port) {
  let answered = 0
  for (let round = 0; round < ROUNDS; round++) {
    for (const check of checks) {
      await check(port)
      answered++
    }
  }
  await Promise.all(checks.flatMap((check) => Array.from({ length: 10 }, () => check(port).then(() => answered++))))
  return answered
}

/** Adds the program's output to an error. */
async function saying(/** @type {Program} */ program, /** @type {() => Promise<string>} */ test) {
  try {
    return await test()
  } catch (error) {
    throw new Error(`${error instanceof Error ? error.message : error}\n${program.said.slice(-3000)}`, { cause: error })
  } finally {
    program.kill('SIGKILL')
  }
}
