// Runs all benchmarks, or those given as arguments. Prints their tables, keeps the results in bench/results, and makes
// the charts and docs/performance.md from them.
// `--long` takes the time that small differences need. `--quick` takes seconds and keeps nothing: a smoke test.
// `--page` only makes the charts and the page from existing results.
// `--node MAJOR` measures only on that version of Node, for benchmarks that run on several:
// `pnpm bench:tracker --node 26`. Results of other versions are kept.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { currentMajor, installedMajors, MAJORS, nodeOf } from '@idle-shutdown/tools/nodes'
import type { Length } from './measure/row.ts'
import { chartOf } from './report/chart.ts'
import { chapters, pageOf } from './report/page.ts'
import { type Report, type Run, withOthers } from './report/report.ts'
import { tableOf, text } from './report/table.ts'

/** Benchmarks that depend on Node itself. They run on every installed version (`pnpm test:nodes` installs them). */
const ON_EVERY_NODE = ['tracker', 'overhead']
const PROGRAM = fileURLToPath(new URL('benchmarks/run.js', import.meta.url))
const NAMES = ['size', 'tracker', 'scale', 'start', 'memory', 'drain', 'overhead']

const { values, positionals } = parseArgs({
  // pnpm passes the `--` on.
  args: process.argv.slice(2).filter((argument) => argument !== '--'),
  allowPositionals: true,
  options: {
    quick: { type: 'boolean' },
    long: { type: 'boolean' },
    page: { type: 'boolean' },
    node: { type: 'string', multiple: true },
  },
})
const unknown = positionals.find((name) => !NAMES.includes(name))
if (unknown !== undefined) throw new Error(`The benchmark must be one of ${NAMES.join(', ')}. Received '${unknown}'`)
const noMajor = values.node?.find((major) => !MAJORS.includes(major))
if (noMajor !== undefined) throw new Error(`--node must be one of ${MAJORS.join(', ')}. Received '${noMajor}'`)
const names = values.page ? [] : positionals.length > 0 ? positionals : values.node ? ON_EVERY_NODE : NAMES
const onOne = names.find((name) => !ON_EVERY_NODE.includes(name))
if (values.node && onOne !== undefined)
  throw new Error(`--node is for ${ON_EVERY_NODE.join(' and ')}. Received the benchmark '${onOne}'`)
const length: Length = values.quick ? 'quick' : values.long ? 'long' : 'normal'
const folder = values.quick ? mkdtempSync(join(tmpdir(), 'idle-shutdown-bench-')) : '.'

let failed = false
try {
  mkdirSync(join(folder, 'bench/results'), { recursive: true })
  for (const name of names) {
    const onEvery = ON_EVERY_NODE.includes(name) && !values.quick
    const majors = values.node ?? (onEvery ? installedMajors() : [currentMajor])
    const measured = majors.flatMap((major) => runOn(nodeOf(major), name))
    failed ||= measured.length < majors.length
    const file = join(folder, `bench/results/${name}.json`)
    const before = onEvery && existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).runs : []
    const runs = withOthers(measured, before)
    writeFileSync(file, `${JSON.stringify({ name, runs }, null, 1)}\n`)
  }
  await writePage(folder, names)
} finally {
  if (values.quick) rmSync(folder, { recursive: true })
}
if (failed) process.exitCode = 1

/** Runs a benchmark on one version of Node. Returns no run if the benchmark failed. */
function runOn(node: string, name: string): Run[] {
  const begin = performance.now()
  const version = spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout?.trim() ?? ''
  const args = ['--disable-warning=MaxListenersExceededWarning', PROGRAM, name, length]
  const { status, stdout } = spawnSync(node, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
  console.log(`${name} on Node ${version}: ${Math.round((performance.now() - begin) / 1000)} s`)
  const date = new Date().toISOString().slice(0, 10)
  return status === 0 ? [{ node: version, date, cpu: machine(), length, rows: JSON.parse(stdout) }] : []
}

function machine(): string {
  return `${cpus()[0]?.model.trim() || process.arch}, ${availableParallelism()} cores, ${process.platform}`
}

/** Prints the reports of these benchmarks. Makes the charts and the page in `folder` from all results there. */
async function writePage(folder: string, names: readonly string[]): Promise<void> {
  const reports = new Map<string, Report>()
  mkdirSync(join(folder, 'docs/charts'), { recursive: true })
  for (const { name, title, metric } of chapters) {
    const file = join(folder, `bench/results/${name}.json`)
    if (!existsSync(file)) continue
    const report: Report = JSON.parse(readFileSync(file, 'utf8'))
    reports.set(name, report)
    if (names.includes(name)) console.log(`\n${title}\n\n${text(tableOf(report))}`)
    // A chart is readable only with one version of Node, so it shows the newest.
    const rows = report.runs.at(-1)?.rows ?? []
    writeFileSync(join(folder, `docs/charts/${name}.svg`), `${await chartOf(rows, metric)}\n`)
  }
  writeFileSync(join(folder, 'docs/performance.md'), pageOf(reports))
}
