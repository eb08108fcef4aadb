// Prints the reports of the given benchmarks, and makes the charts and the page from all results:
// `node write-page.js FOLDER NAME…`.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { chartOf } from './chart.ts'
import { chapters, pageOf } from './page.ts'
import type { Report } from './report.ts'
import { tableOf, text } from './table.ts'

const [folder = '.', ...names] = process.argv.slice(2)
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
