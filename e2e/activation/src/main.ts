import { commandScenarios } from './command-scenarios.ts'
import { deadlineScenarios } from './deadline-scenarios.ts'
import { environmentScenarios } from './environment-scenarios.ts'
import { Figures } from './figures.ts'
import { keepAliveScenarios } from './keep-alive-scenarios.ts'
import { readArguments, USAGE } from './load-profile.ts'
import { pageScenarios } from './page-scenarios.ts'
import { head, row } from './report.ts'
import { systemdScenarios } from './systemd-scenarios.ts'
import { wakeUpScenarios } from './wake-up-scenarios.ts'

const asked = readArguments(process.argv.slice(2))
if (asked === undefined) {
  console.error(USAGE)
  process.exit(2)
}
const { profile, only } = asked
const scenarios = [
  ...deadlineScenarios(),
  ...wakeUpScenarios(),
  ...(await keepAliveScenarios()),
  ...systemdScenarios(),
  ...pageScenarios(),
  ...commandScenarios(),
  ...environmentScenarios(),
].filter(({ name }) => name.includes(only))
const sums = new Map<string, Figures>()
let passed = 0
let failed = 0

console.log(head())
for (const { name, missing, run } of scenarios) {
  if (missing !== undefined) {
    console.log(`${name}: skipped, ${missing}`)
    continue
  }
  try {
    const figures = await run(profile)
    passed++
    console.log(figures === undefined ? name : row(name, figures))
    if (figures !== undefined) add(name.split(':')[0] ?? '', figures)
  } catch (error) {
    failed++
    console.log(`${name}: FAILED, ${error instanceof Error ? error.message : error}`)
  }
}
console.log('in all')
for (const [name, figures] of sums) console.log(row(name, figures))
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed > 0 || passed === 0 ? 1 : 0

function add(name: string, figures: Figures): void {
  const sum = sums.get(name) ?? new Figures()
  sum.add(figures)
  sums.set(name, sum)
}
