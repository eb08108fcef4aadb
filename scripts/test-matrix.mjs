// Prints every combination that is declared supported, with its result in a run. The declaration consists of
// matrix.json, runtimes.json, and the compilers in the manifest that matrix.json names. The peer ranges of the packages
// must agree with it.
// Arguments name the reports of earlier runs. --suite=, --minors= and --consumers= are reports of vitest. --runtimes=
// and --nodes= are the files of IDLE_RUNTIMES_REPORT and IDLE_NODES_REPORT. Suites without a report are run. With
// --here, the other versions of Node are not run even without a report, since the workflow has a job for each.
// A combination that was skipped or not run is a failure. With --write, makes docs/matrix.md and the table of the
// README, but only from a run of everything. With --check, fails if they are out of date.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { formatPage } from './format-page.mjs'
import { pageOf, summaryOf } from './matrix-page.mjs'
import { testsIn } from './test-report.mjs'

/**
 * @typedef {import('./matrix-page.mjs').Row} Row
 * @typedef {import('./test-minors.mjs').Framework} Framework
 * @typedef {object} Declared
 * @property {string[]} nodes
 * @property {Framework[]} frameworks
 * @property {{ name: string, tests: string }[]} companions
 * @property {string} compilers
 * @property {{ name: string, tests: string, tool?: string }[]} consumers
 */

const [PAGE, README] = ['docs/matrix.md', 'README.md']
const ON_DEMAND = 'e2e/on-demand/package.json'
const CONSUMER = 'e2e/consumers/majors/now/package.json'

const args = process.argv.slice(2)
const here = args.includes('--here')
const current = process.versions.node.split('.')[0] ?? ''
/** @type {Declared} */
const declared = JSON.parse(readFileSync(new URL('matrix.json', import.meta.url), 'utf8'))
const { runtimes } = JSON.parse(readFileSync(new URL('runtimes.json', import.meta.url), 'utf8'))

const temp = mkdtempSync(join(tmpdir(), 'idle-shutdown-matrix-'))
/** @type {Row[]} */
const rows = []
/** @type {string[]} */
const problems = []
try {
  if (reportOf('suite') === undefined)
    run('the larger companions', process.execPath, ['scripts/install-companions.mjs'])
  const suite = testsIn(
    report('suite', process.execPath, ['node_modules/vitest/vitest.mjs', 'run'], 'IDLE_TEST_REPORT'),
  )
  nodes(suite)
  otherRuntimes()
  frameworks(suite, testsIn(report('minors', process.execPath, ['scripts/test-minors.mjs'], 'IDLE_MINORS_REPORT')))
  companions(suite)
  consumers(testsIn(report('consumers', process.execPath, ['scripts/test-consumers.mjs'], 'IDLE_CONSUMERS_REPORT')))
} finally {
  rmSync(temp, { recursive: true, force: true })
}
checkRanges()

const width = Math.max(...rows.map(({ name, version }) => `${name} ${version}`.length))
for (const { name, version, by, result } of rows)
  console.log(`${`${name} ${version}`.padEnd(width)}  ${result.padEnd(12)}  ${by}`)
for (const { name, version, result, because } of rows) {
  if (['fails', 'was skipped', 'was not run'].includes(result)) {
    const problem = `${name} ${version} is declared supported, but ${result}`.replace('  ', ' ')
    problems.push(because === undefined ? problem : `${problem}: ${because}`)
  }
}
const missing = rows.filter(({ result }) => result === 'not run here')
if (missing.length > 0 && args.includes('--write')) {
  const names = missing.map(({ name, version }) => `${name} ${version}`)
  problems.push(`nothing was written, since some were not run: ${names.join(', ')}`)
}
if (problems.length === 0) pages()
for (const problem of problems) console.log(problem)
console.log(`matrix: ${rows.length - Math.min(problems.length, rows.length)} passed, ${problems.length} failed`)
if (problems.length > 0) process.exitCode = 1

function nodes(/** @type {import('./test-report.mjs').Test[]} */ suite) {
  const others = declared.nodes.filter((major) => major !== current)
  const file = here
    ? reportOf('nodes')
    : report('nodes', process.execPath, ['scripts/test-nodes.mjs', ...others], 'IDLE_NODES_REPORT')
  // Tests may be skipped if the machine lacks something. Companions have rows of their own.
  /** @type {Record<string, { passed: number, failed: number }>} */
  const ran = file === undefined ? {} : JSON.parse(readFileSync(file, 'utf8'))
  for (const major of declared.nodes) {
    const own = ran[major]
    const row = { group: 'Node.js', name: 'Node.js', version: major, by: 'the whole suite' }
    if (major === current)
      rows.push({
        ...row,
        ...resultOf(suite.filter(({ file, skipped }) => !skipped && !file.includes('/companions/'))),
      })
    else if (own !== undefined) rows.push({ ...row, result: own.passed > 0 && own.failed === 0 ? 'passes' : 'fails' })
    else rows.push({ ...row, result: here ? 'not run here' : 'was not run' })
  }
}

function otherRuntimes() {
  const file = report('runtimes', process.execPath, ['scripts/test-runtimes.mjs'], 'IDLE_RUNTIMES_REPORT')
  /** @type {import('./runtimes-page.mjs').Result[]} */
  const results = JSON.parse(readFileSync(file, 'utf8'))
  for (const { name, package: spec } of runtimes) {
    const version = spec.split('@')[1]
    const ran = results.find((result) => result.name === name && result.version === version)
    const by = 'the conformance suite and a first paste, with [limits](runtimes.md)'
    // A failure that is not a declared limit has already failed the run.
    rows.push({ group: 'Other runtimes', name, version, by, result: ran === undefined ? 'was not run' : 'passes' })
  }
}

function frameworks(
  /** @type {import('./test-report.mjs').Test[]} */ suite,
  /** @type {import('./test-report.mjs').Test[]} */ minors,
) {
  for (const { package: name, majors, next } of declared.frameworks) {
    const by = `the tests of @idle-shutdown/${name}, and the conformance suite over it`
    for (const { name: title, alias, first } of majors) {
      for (const [version, tests] of /** @type {const} */ ([
        [first, minors],
        [installedVersion(`packages/${name}/node_modules/${alias}`), suite],
      ])) {
        const own = tests.filter(
          ({ file, titles: [top = ''] }) => file.startsWith(`packages/${name}/`) && top.startsWith(title),
        )
        rows.push({ group: title, name: title.replace(/ \d+$/, ''), version, by, ...resultOf(own) })
      }
    }
    if (next === undefined) continue
    rows.push({
      group: next.name,
      name: next.name.replace(/ \d+$/, ''),
      version: next.version,
      by: 'a run that is allowed to fail: the peer range excludes it',
      result: 'may fail',
    })
  }
}

function companions(/** @type {import('./test-report.mjs').Test[]} */ suite) {
  const pins = JSON.parse(readFileSync(ON_DEMAND, 'utf8')).dependencies
  for (const { name, tests } of declared.companions) {
    const own = suite.filter((test) => test.name.includes(`/companions/${tests}`))
    const version =
      name.startsWith('node') && name !== 'nodemon' ? '' : (pins[name] ?? installedVersion(`e2e/node_modules/${name}`))
    rows.push({ group: 'Companions', name, version, by: '[a program with it](companions.md)', ...resultOf(own) })
  }
}

/** Adds the compilers of the manifest and the ways of building, by the titles of the consumers' tests. */
function consumers(/** @type {import('./test-report.mjs').Test[]} */ tests) {
  for (const [alias, spec] of Object.entries(JSON.parse(readFileSync(declared.compilers, 'utf8')).dependencies)) {
    // vitest quotes the values that it fills into a title.
    const own = tests.filter(({ titles: [top = ''] }) => top.replaceAll("'", '') === alias)
    rows.push({
      group: 'TypeScript',
      name: 'TypeScript',
      version: String(spec).split('@').at(-1) ?? '',
      by: 'the types of every package, in node16, nodenext and bundler, strict and not',
      ...resultOf(own),
    })
  }
  const pins = JSON.parse(readFileSync(CONSUMER, 'utf8')).dependencies
  for (const { name, tests: title, tool } of declared.consumers) {
    const own = tests.filter(({ titles }) =>
      [`${title}:`, `${title}, majors before:`].some((start) => titles.at(-1)?.startsWith(start)),
    )
    const version = tool === undefined ? '' : pins[tool]
    const by = 'a program with each package, as it is packed, in a folder of its own'
    rows.push({ group: 'Consumers', name, version, by, ...resultOf(own) })
  }
}

/** @returns {{ result: 'passes' | 'fails' | 'was skipped' | 'was not run', because?: string }} */
function resultOf(/** @type {import('./test-report.mjs').Test[]} */ tests) {
  if (tests.length === 0) return { result: 'was not run' }
  const failed = tests.find(({ passed, skipped }) => !passed && !skipped)
  if (failed !== undefined) return { result: 'fails', because: failed.name }
  const skipped = tests.find((test) => test.skipped)
  return skipped === undefined ? { result: 'passes' } : { result: 'was skipped', because: skipped.name }
}

/** Checks that the peer ranges of the packages match the tested versions. */
function checkRanges() {
  for (const { package: name, majors } of declared.frameworks) {
    const { peerDependencies } = JSON.parse(readFileSync(`packages/${name}/package.json`, 'utf8'))
    const range = majors.map(({ first }) => `^${first}`).join(' || ')
    if (peerDependencies[name] !== range) {
      problems.push(`@idle-shutdown/${name} has the peer range ${peerDependencies[name]}, but matrix.json has ${range}`)
    }
  }
}

/** Returns the file that an argument names. */
function reportOf(/** @type {string} */ name) {
  return args.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3)
}

/** Returns the report that an argument names, or makes it with a command. */
function report(
  /** @type {string} */ name,
  /** @type {string} */ command,
  /** @type {string[]} */ rest,
  variable = '',
) {
  const given = reportOf(name)
  if (given !== undefined) return given
  const file = join(temp, `${name}.json`)
  run(name, command, rest, variable === '' ? {} : { [variable]: file })
  if (!existsSync(file)) throw new Error(`${name}: no report was made`)
  return file
}

function run(/** @type {string} */ name, /** @type {string} */ command, /** @type {string[]} */ rest, env = {}) {
  console.log(`running ${name}`)
  const { status } = spawnSync(command, rest, { env: { ...process.env, ...env }, stdio: 'inherit' })
  if (status !== 0) problems.push(`${name}: exit code ${status}`)
}

function installedVersion(/** @type {string} */ folder) {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).version
}

function pages() {
  const readme = readFileSync(README, 'utf8')
  const marked = /(<!-- matrix -->\n).*?(<!-- \/matrix -->)/s
  if (!marked.test(readme)) throw new Error(`${README} has no marks for the table`)
  const texts = [
    { file: PAGE, before: readFileSync(PAGE, { encoding: 'utf8', flag: 'a+' }), after: pageOf(rows) },
    {
      file: README,
      before: readme,
      after: readme.replace(marked, (_, begin, end) => `${begin}\n${summaryOf(rows)}\n\n${end}`),
    },
  ]
  for (const { file, before, after } of texts) {
    const text = formatPage(file, after)
    if (text === before) continue
    if (args.includes('--write')) writeFileSync(file, text)
    else if (args.includes('--check')) problems.push(`${file} does not match the run. Run pnpm test:matrix --write`)
  }
}
