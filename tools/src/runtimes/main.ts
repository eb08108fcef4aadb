// Tests on Deno and Bun, each subject in its own program. The subjects are the conformance suite on the core, and a
// first paste of each framework. Prints a line for each, then the total. A declared limit of runtimes.json counts as
// passed if it occurs.
// With --write, makes docs/runtimes.md from the result. With --check, fails if the page is out of date. Names of
// runtimes, or a subject after --subject=, limit the run. IDLE_RUNTIMES_REPORT names a file for the result.
import { writeFileSync } from 'node:fs'
import process from 'node:process'
import { runCommand } from '../command/run-command.ts'
import { binaryOf, install, versionOf } from '../install/install.ts'
import { formatPage } from '../pages/format-page.ts'
import { settlePages } from '../pages/settle-pages.ts'
import { behavioursOf, tryBehaviours } from './behaviours.ts'
import { type Choice, chooseRuntimes } from './choose-runtimes.ts'
import { RUNTIMES } from './declared.ts'
import { tryFirstPaste } from './first-paste.ts'
import { judge, type Outcome, type Result, type Runtime, type Tried } from './outcomes.ts'
import { runtimePage } from './runtime-page.ts'

const PAGE = 'docs/runtimes.md'
/** The subjects that run at a time, since most of the time is spent waiting. */
const LANES = 2

await runCommand('test:runtimes', async (args) => {
  const choice = chooseRuntimes(args, RUNTIMES)
  let [passed, failed] = [0, 0]
  const results: Result[] = []
  for (const runtime of choice.runtimes) {
    const result = await runOn(runtime, choice)
    results.push(result)
    const verdict = judge(runtime, result)
    for (const line of verdict.lines) console.log(line)
    passed += verdict.passed
    failed += verdict.failed
  }
  const report = process.env['IDLE_RUNTIMES_REPORT']
  if (report) writeFileSync(report, JSON.stringify(results))
  if (choice.whole && failed === 0) {
    const page = { file: PAGE, text: formatPage(PAGE, runtimePage(results, RUNTIMES.runtimes)) }
    const problems = settlePages([page], choice.mode, 'the run', 'pnpm test:runtimes --write')
    for (const problem of problems) console.log(problem)
    failed += problems.length
  }
  const versions = results.map(({ name, version }) => `${name} ${version}`).join(' and ')
  console.log(`on ${versions}: ${passed} passed, ${failed} failed`)
  return failed === 0
})

async function runOn(runtime: Runtime, { subjects, pastes }: Choice): Promise<Result> {
  const folder = install(runtime.name.toLowerCase(), [runtime.package], { scripts: true })
  const [name = ''] = runtime.package.split('@')
  const command = [binaryOf(folder, name), ...runtime.command]
  const tried = new Map<string, Outcome[]>()
  const queue = [...subjects]
  const lane = async (): Promise<void> => {
    for (let subject = queue.shift(); subject !== undefined; subject = queue.shift()) {
      tried.set(subject, await tryBehaviours(runtime, subject, behavioursOf(command, subject)))
    }
  }
  await Promise.all(Array.from({ length: LANES }, lane))
  const inOrder: Tried[] = subjects.map((subject) => ({ subject, outcomes: tried.get(subject) ?? [] }))
  const outcomes: Outcome[] = []
  for (const paste of pastes) outcomes.push(...(await tryFirstPaste(command, paste)))
  const pasted = pastes.length > 0 ? [{ subject: 'first paste', outcomes }] : []
  return { name: runtime.name, version: versionOf(folder, name), subjects: [...inOrder, ...pasted] }
}
