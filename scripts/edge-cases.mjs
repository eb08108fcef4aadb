// Writes docs/edge-cases.md: every case of edge-cases.json with the tests that prove it. The results come from a run of
// the suite, or from the JSON report given as an argument. With --check, writes nothing, and fails if the page is out
// of date.
// Also fails if a pattern of a case matches no test, or a test that did not pass.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { formatPage } from './format-page.mjs'
import { testsIn } from './test-report.mjs'

/**
 * @typedef {import('./test-report.mjs').Test} Test
 * @typedef {{ case: string, must: string, tests: string[] }} Case
 */

const PAGE = 'docs/edge-cases.md'
const INTRO = `# Edge cases

Cases in which packages of this kind fail. \`scripts/edge-cases.mjs\` makes this page from a run of the suite, and \`pnpm test:nodes\` runs
the suite on Node 20, 22, 24 and 26. The page names each test by a part of its name. The tests of
[the conformance suite](../packages/conformance/src/behaviours) run against every subject that supports them. A letter stands for the set of
these subjects.
`

const args = process.argv.slice(2)
const check = args.includes('--check')
const [report] = args.filter((arg) => arg !== '--check')
const shell = process.platform === 'win32'

const tests = report === undefined ? run() : testsIn(report)
/** @type {{ group: string, cases: Case[] }[]} */
const groups = JSON.parse(readFileSync(new URL('edge-cases.json', import.meta.url), 'utf8'))
const caseCount = groups.reduce((sum, { cases }) => sum + cases.length, 0)
/** @type {string[]} */
const problems = []
/** The meaning of each letter. */
/** @type {Map<string, string>} */
const sets = new Map()

const page = formatPage(
  PAGE,
  [INTRO, ...groups.map(({ group, cases }) => `## ${group}\n\n${table(cases)}\n`), legend()].join('\n'),
)
const before = readFileSync(PAGE, { encoding: 'utf8', flag: 'a+' })
if (problems.length === 0 && page !== before) {
  if (check) problems.push(`${PAGE} does not match the run. Run pnpm edge-cases`, ...firstDifference())
  else writeFileSync(PAGE, page)
}
for (const problem of problems) console.error(problem)
if (problems.length > 0) process.exitCode = 1
else console.log(`${PAGE}: ${caseCount} cases, each proved`)

function table(/** @type {Case[]} */ cases) {
  const rows = cases.flatMap(({ case: name, must, tests: patterns }) =>
    patterns.map((pattern, index) => {
      const first = index === 0 ? [name, must] : ['', '']
      const cells = [...first, pattern.replace(/^.*› /, '').trim()].map(cell)
      return `| ${[...cells, places(find(name, pattern))].join(' | ')} |`
    }),
  )
  return ['| case | must | test | on |', '| --- | --- | --- | --- |', ...rows].join('\n')
}

/** Returns the tests that match a pattern, and records those that did not pass. */
function find(/** @type {string} */ name, /** @type {string} */ pattern) {
  const matches = tests.filter((test) => test.name.includes(pattern))
  const bad = matches.filter(({ passed }) => !passed)
  if (matches.length === 0) problems.push(`${name}: no test is called “${pattern}”`)
  for (const test of bad) problems.push(`${name}: did not pass: ${test.name}`)
  return matches
}

/**
 * Returns the letter of the set of conformance subjects, under which the page lists it, and the files of other tests.
 */
function places(/** @type {Test[]} */ matches) {
  /** @type {Map<string, number>} */
  const files = new Map()
  /** @type {Set<string>} */
  const subjects = new Set()
  for (const { file, titles } of matches) {
    const [subject] = titles
    if (subject !== undefined && /conformance\.test|core-(http1|http2|raw|unix)\.test/.test(file)) subjects.add(subject)
    else files.set(file, (files.get(file) ?? 0) + 1)
  }
  const links = [...files].map(([file, count]) => {
    const short = file.replace(/^packages\//, '').replace(/\/(src|test)\//, '/')
    return `[${short}](../${file})${count > 1 ? ` × ${count}` : ''}`
  })
  if (subjects.size > 0) links.unshift(`${subjects.size} × [${setOf(inShort([...subjects]))}](#subjects)`)
  return links.join(', ')
}

function setOf(/** @type {string} */ subjects) {
  if (!sets.has(subjects)) sets.set(subjects, String.fromCodePoint(65 + sets.size))
  return sets.get(subjects)
}

/** Shortens `Koa 2 over http`, `Koa 2 over h2` to `Koa 2 (http, h2)`. Mentions unix sockets once for all. */
function inShort(/** @type {string[]} */ subjects) {
  /** @type {Map<string, Set<string>>} */
  const byName = new Map()
  for (const subject of subjects) {
    const [plain = '', unix] = subject.split(', on a ')
    const [name = '', kind] =
      plain.startsWith('h2 with') || !plain.includes(' over ') ? ['core', plain] : plain.split(' over ')
    const kinds = byName.get(name) ?? new Set()
    byName.set(name, kinds.add(`${(kind ?? '').replace('h2 with HTTP/1, over ', 'h2 as ')}${unix ? ' on unix' : ''}`))
  }
  return [...byName]
    .sort(([a], [b]) => Number(b === 'core') - Number(a === 'core') || a.localeCompare(b))
    .map(([name, kinds]) => `${name} (${[...kinds].sort().join(', ')})`)
    .join(', ')
}

function legend() {
  const lines = [...sets].map(([subjects, letter]) => `- **${letter}**: ${subjects}`)
  const patterns = groups.flatMap(({ cases }) => cases.flatMap((each) => each.tests))
  const count = tests.filter(({ name }) => patterns.some((pattern) => name.includes(pattern))).length
  return `## Subjects\n\n${lines.join('\n')}\n\n${caseCount} cases, proved by ${count} tests on each version of Node.\n`
}

/** Returns the first row that differs. The width of a column is not a difference, except if nothing else is. */
function firstDifference() {
  const [old, now] = [before, page].map((text) => text.replace(/ {2,}|-{3,}/g, ' ').split('\n'))
  const at = now?.findIndex((line, index) => line !== old?.[index]) ?? -1
  return at < 0 ? [] : [`  the page:  ${old?.[at] ?? 'ends'}`, `  this run:  ${now?.[at]}`]
}

/** Runs the suite. */
function run() {
  const temp = mkdtempSync(join(tmpdir(), 'idle-shutdown-edge-'))
  try {
    const report = join(temp, 'report.json')
    spawnSync('vitest', ['run'], { env: { ...process.env, IDLE_TEST_REPORT: report }, stdio: 'inherit', shell })
    return testsIn(report)
  } finally {
    rmSync(temp, { recursive: true, force: true })
  }
}

function cell(/** @type {string} */ text) {
  return text.replaceAll('|', '\\|').replace(/[<>]/g, (sign) => (sign === '<' ? '&lt;' : '&gt;'))
}
