// Runs the tools that make pages from reports of vitest, with reports that are written here.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'

// Node and the formatter start slowly on a busy machine.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

interface Declared {
  nodes: string[]
  frameworks: { package: string; majors: { name: string }[] }[]
  companions: { name: string; tests: string }[]
  compilers: string
  consumers: { tests: string }[]
}
interface Outcome {
  titles: string[]
  status?: string
}
/** The tests of each file, in the order of the report. */
type Tests = [file: string, tests: Outcome[]][]

const repository = join(import.meta.dirname, '../..')
const temp = mkdtempSync(join(tmpdir(), 'idle-shutdown-pages-'))
afterAll(() => rmSync(temp, { recursive: true, force: true }))

function readJson<T>(file: string): T {
  return JSON.parse(readFileSync(join(repository, file), 'utf8'))
}

function writeJson(name: string, value: unknown): string {
  const file = join(temp, name)
  writeFileSync(file, JSON.stringify(value))
  return file
}

/** Writes a report in the form of vitest's, and returns its path. */
function writeReport(name: string, tests: Tests, root = repository): string {
  const testResults = tests.map(([file, outcomes]) => ({
    name: join(root, file),
    status: outcomes.some(({ status }) => status === 'failed') ? 'failed' : 'passed',
    assertionResults: outcomes.map(({ titles, status = 'passed' }) => ({
      ancestorTitles: titles.slice(0, -1),
      title: titles.at(-1),
      status,
    })),
  }))
  return writeJson(name, { testResults })
}

function runTool(name: string, args: string[], cwd = repository): { status: number | null; said: string } {
  const path = `${join(repository, 'node_modules/.bin')}${delimiter}${process.env['PATH']}`
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(repository, 'tools/dist', name), ...args], {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, PATH: path },
  })
  return { status, said: stdout + stderr }
}

describe('the page of edge cases', () => {
  const [EXPRESS, KOA] = ['packages/express/src/idle.test.ts', 'packages/koa/src/idle.test.ts']
  const patterns = readJson<{ cases: { tests: string[] }[] }[]>('tools/src/pages/edge-cases/edge-cases.json')
    .flatMap(({ cases }) => cases)
    .flatMap(({ tests }) => tests)
  const [pattern = '', ...others] = patterns
  const rest: Outcome[] = others.map((title) => ({ titles: [title] }))
  const all: Outcome[] = [{ titles: [pattern] }, ...rest]

  function run(tests: Tests, ...args: string[]): { status: number | null; said: string } {
    return runTool('pages/edge-cases/main.js', [...args, writeReport('edge-cases.json', tests, temp)], temp)
  }

  beforeAll(() => {
    mkdirSync(join(temp, 'docs'))
    const tests: Tests = [
      [EXPRESS, all],
      [KOA, all],
    ]
    expect(run(tests).said).toContain('each proved')
  })

  it('is the same in whatever order vitest lists the files', () => {
    const tests: Tests = [
      [KOA, all],
      [EXPRESS, all],
    ]
    expect(run(tests, '--check')).toMatchObject({ status: 0 })
  })

  it('is refused with the first row that differs from the run', () => {
    const { status, said } = run([[KOA, all]], '--check')
    expect(status).toBe(1)
    expect(said).toMatch(/ the page: .*express\/idle\.test\.ts.*koa\/idle\.test\.ts/)
    expect(said).toMatch(/ this run: (?!.*express).*koa\/idle\.test\.ts/)
  })

  it.each([
    ['was skipped', 'skipped'],
    ['failed', 'failed'],
  ])('is refused if a test of a case %s', (_, status) => {
    const tests: Tests = [
      [EXPRESS, [{ titles: [pattern], status }, ...rest]],
      [KOA, all],
    ]
    expect(run(tests, '--check')).toMatchObject({
      status: 1,
      said: expect.stringContaining(`did not pass: ${EXPRESS} › ${pattern}`),
    })
  })

  it('is refused if a case has no test', () => {
    expect(run([[KOA, rest]], '--check')).toMatchObject({
      status: 1,
      said: expect.stringContaining(`no test is called “${pattern}”`),
    })
  })
})

describe('the matrix', () => {
  const { nodes, frameworks, companions, compilers, consumers } = readJson<Declared>('tools/src/matrix/matrix.json')
  const { runtimes } = readJson<{ runtimes: { name: string; package: string }[] }>('tools/src/runtimes/runtimes.json')
  const adapters: Tests = frameworks.map(({ package: name, majors }) => [
    `packages/${name}/src/idle.test.ts`,
    majors.map(({ name: title }) => ({ titles: [title, 'a test'] })),
  ])
  const programs: Tests = companions.map(({ tests }) => {
    const [file = '', ...titles] = tests.replace(/ ›$/, '').split(' › ')
    return [`e2e/processes/test/companions/${file}`, [{ titles: [...titles, 'a test'] }]]
  })
  const packed: Tests = [
    [
      'e2e/consumers/test/packed.test.ts',
      [
        ...Object.keys(readJson<{ dependencies: object }>(compilers).dependencies).map((alias) => [alias, 'a test']),
        ...consumers.map(({ tests }) => ['a package', `${tests}: a test`]),
      ].map((titles) => ({ titles })),
    ],
  ]
  const socketIo = 'e2e/processes/test/companions/websockets.test.ts › socket.io › another test'

  function check(suite: Tests): { status: number | null; said: string } {
    return runTool('matrix/main.js', [
      '--here',
      '--check',
      `--suite=${writeReport('suite.json', [...adapters, ...programs, ...suite])}`,
      `--minors=${writeReport('minors.json', adapters)}`,
      `--consumers=${writeReport('consumers.json', packed)}`,
      `--runtimes=${writeJson(
        'runtimes.json',
        runtimes.map(({ name, package: spec }) => ({
          name,
          version: spec.split('@')[1],
          subjects: [{ subject: 'http', outcomes: [{ name: 'a behaviour' }] }],
        })),
      )}`,
      `--nodes=${writeJson('nodes.json', Object.fromEntries(nodes.map((major) => [major, { passed: 1, failed: 0 }])))}`,
    ])
  }

  it('agrees, like the table of the README, with a run without a failure', () => {
    expect(check([])).toMatchObject({ status: 0, said: expect.stringMatching(/\d+ passed, 0 failed\n$/) })
  })

  it.each([
    ['was skipped', 'skipped', 'was skipped'],
    ['failed', 'failed', 'fails'],
  ])('names the test of a companion that %s', (_, status, result) => {
    const [file = '', ...titles] = socketIo.split(' › ')
    const { status: code, said } = check([[file, [{ titles, status }]]])
    expect(code).toBe(1)
    expect(said).toMatch(new RegExp(`socket\\.io [\\d.]+ is declared supported, \\w+ ${result}: ${socketIo}\n`))
    expect(said).toMatch(/\d+ passed, 1 failed\n$/)
  })
})
