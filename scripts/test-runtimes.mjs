// Tests on Deno and Bun, each subject in its own program. The subjects are the conformance suite on the core, and a
// first paste of each framework. Prints a line for each, then the total. A declared limit of runtimes.json counts as
// passed if it occurs.
// With --write, makes docs/runtimes.md from the result. With --check, fails if the page is out of date. Names of
// runtimes, or a subject after --subject=, limit the run. IDLE_RUNTIMES_REPORT names a file for the result.
import { spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { Agent, get } from 'node:http'
import { join } from 'node:path'
import process from 'node:process'
import { formatPage } from './format-page.mjs'
import { binaryOf, install, versionOf } from './install.mjs'
import { limitOf, pageOf } from './runtimes-page.mjs'

/**
 * @typedef {import('./runtimes-page.mjs').Outcome} Outcome
 * @typedef {import('./runtimes-page.mjs').Result} Result
 * @typedef {import('./runtimes-page.mjs').Runtime} Runtime
 */

const PAGE = 'docs/runtimes.md'
/** The longest time (ms) that a program may take, and that a first paste may take, whose end is tested. */
const [LONGEST, LONGEST_PASTE] = [480_000, 60_000]

/** @type {{ subjects: string[], pastes: string[], runtimes: Runtime[] }} */
const declared = JSON.parse(readFileSync(new URL('runtimes.json', import.meta.url), 'utf8'))
const args = process.argv.slice(2)
const named = args.filter((arg) => !arg.startsWith('--'))
const [subject] = args.filter((arg) => arg.startsWith('--subject=')).map((arg) => arg.slice('--subject='.length))
const runtimes = declared.runtimes.filter(({ name }) => named.length === 0 || named.includes(name.toLowerCase()))
const subjects = declared.subjects.filter((name) => subject === undefined || name === subject)
const whole = named.length === 0 && subject === undefined

let [passed, failed] = [0, 0]
/** @type {Result[]} */
const results = []
for (const runtime of runtimes) {
  const folder = install(runtime.name.toLowerCase(), [runtime.package], { scripts: true })
  const [name = ''] = runtime.package.split('@')
  const command = [binaryOf(folder, name), ...runtime.command]
  /** @type {Result} */
  const result = { name: runtime.name, version: versionOf(folder, name), subjects: [] }
  // Runs two at a time, since most of the time is spent waiting.
  const queue = [...subjects]
  await Promise.all([lane(), lane()])
  async function lane() {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      result.subjects.push({ subject: next, outcomes: await behaviours(command, next, runtime) })
    }
  }
  result.subjects.sort((a, b) => subjects.indexOf(a.subject) - subjects.indexOf(b.subject))
  if (subject === undefined) {
    const outcomes = []
    for (const paste of declared.pastes) outcomes.push(...(await firstPaste(command, paste)))
    result.subjects.push({ subject: 'first paste', outcomes })
  }
  results.push(result)
  judge(runtime, result)
}

if (process.env['IDLE_RUNTIMES_REPORT']) writeFileSync(process.env['IDLE_RUNTIMES_REPORT'], JSON.stringify(results))
if (whole && failed === 0) {
  const page = formatPage(PAGE, pageOf(results, declared.runtimes))
  if (args.includes('--write')) writeFileSync(PAGE, page)
  else if (args.includes('--check') && readFileSync(PAGE, 'utf8') !== page) {
    failed++
    console.log(`${PAGE} does not match the run. Run pnpm test:runtimes --write`)
  }
}
console.log(
  `on ${results.map(({ name, version }) => `${name} ${version}`).join(' and ')}: ${passed} passed, ${failed} failed`,
)
if (failed > 0) process.exitCode = 1

/**
 * Runs the behaviours. Runs a failed one again by itself unless it is a declared limit. So the result is about the
 * runtime, and not about a busy machine.
 */
async function behaviours(
  /** @type {string[]} */ command,
  /** @type {string} */ subject,
  /** @type {Runtime} */ runtime,
) {
  const limits = runtime.limits.filter(({ on }) => on.includes(subject)).flatMap(({ behaviours }) => behaviours)
  const outcomes = await run({ LIMITS: JSON.stringify(limits) })
  for (const outcome of outcomes) {
    for (let times = 0; times < 2 && outcome.error !== undefined && !limits.includes(outcome.name); times++) {
      const [again] = await run({ ONLY: outcome.name, LONGEST: '30000' })
      if (again?.error === undefined) delete outcome.error
    }
  }
  return outcomes

  /** Runs behaviours. A crash counts as a failure of one behaviour, and the run continues with the next. */
  async function run(/** @type {Record<string, string>} */ env) {
    /** @type {Outcome[]} */
    const outcomes = []
    for (;;) {
      const FROM = String(outcomes.length)
      const { code, stdout, stderr } = await start(
        command,
        'behaviours.js',
        { SUBJECT: subject, FROM, ...env },
        LONGEST,
      ).ended
      const lines = stdout.split('\n').filter((line) => line.startsWith('{"'))
      const messages = lines.map((line) => JSON.parse(line))
      outcomes.push(...messages.filter(({ name }) => name !== undefined))
      const last = messages.at(-1)
      if (code === 0) return outcomes
      if (last?.begun === undefined) throw new Error(`${command[0]} ended with ${code}:\n${stdout}${stderr}`)
      outcomes.push({
        name: last.begun,
        error: `${runtime.name} ended with ${code}: ${stderr.trim().split('\n').at(-1)}`,
      })
      if ('ONLY' in env) return outcomes
    }
  }
}

/**
 * Runs a framework's server that gets no request, and one that a kept-alive client calls for longer than the patience.
 */
async function firstPaste(/** @type {string[]} */ command, /** @type {string} */ SERVE) {
  const silent = start(command, 'first-paste.js', { SERVE, PATIENCE: '300' }, LONGEST_PASTE)
  const uncalled = await silent.ended
  const busy = start(command, 'first-paste.js', { SERVE, PATIENCE: '1000' }, LONGEST_PASTE)
  const agent = new Agent({ keepAlive: true })
  const port = Number(/http (\d+)/.exec(await busy.printed)?.[1])
  const body = await new Promise((resolve) => {
    get({ port, agent, path: '/' }, (response) => {
      let text = ''
      response.on('data', (chunk) => (text += chunk)).on('end', () => resolve(text))
    }).on('error', (error) => resolve(String(error)))
  })
  const called = await busy.ended
  agent.destroy()
  const ending = (/** @type {{ code: number | string | null, stderr: string }} */ { code, stderr }) =>
    code === 0 ? undefined : `ended with ${code}: ${stderr}`
  return [
    { name: `${SERVE}: ends by itself with 0 without a request`, error: ending(uncalled) },
    {
      name: `${SERVE}: answers a request that takes longer than the patience`,
      error: body === 'late' ? undefined : String(body),
    },
    { name: `${SERVE}: ends by itself with 0 although the client keeps its connection`, error: ending(called) },
  ]
}

/** Starts a program of e2e, and kills it if it does not end. */
function start(
  /** @type {string[]} */ [file = '', ...args],
  /** @type {string} */ program,
  /** @type {Record<string, string>} */ env,
  /** @type {number} */ limit,
) {
  const child = spawn(file, [...args, join('e2e/programs', program)], {
    env: { ...process.env, ...env, NODE_NO_WARNINGS: '1', NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: limit,
    killSignal: 'SIGKILL',
  })
  let [stdout, stderr] = ['', '']
  child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text))
  /** @type {Promise<string>} */
  const printed = new Promise((resolve) => {
    child.stdout.setEncoding('utf8').on('data', (text) => {
      stdout += text
      resolve(stdout)
    })
    child.once('close', () => resolve(stdout))
  })
  /** @type {Promise<{ code: number | string | null, stdout: string, stderr: string }>} */
  const ended = new Promise((resolve, reject) => {
    child.once('error', reject).once('close', (code, signal) => resolve({ code: code ?? signal, stdout, stderr }))
  })
  return { printed, ended }
}

/** Prints and counts failures that are not declared limits. */
function judge(/** @type {Runtime} */ runtime, /** @type {Result} */ result) {
  for (const { subject, outcomes } of result.subjects) {
    const bad = outcomes.filter(({ name, error }) => error !== undefined && !limitOf(runtime, subject, name))
    for (const { name, error } of bad) console.log(`${runtime.name}: ${subject}: ${name}: ${error}`)
    const held = outcomes.length - bad.length
    passed += held
    failed += bad.length
    console.log(`${runtime.name} ${result.version}: ${subject}: ${held} of ${outcomes.length} as declared`)
  }
}
