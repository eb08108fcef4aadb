import { writeFileSync } from 'node:fs'
import { relative } from 'node:path'
import type { Reporter, TestCase, TestModule } from 'vitest/node'

/** The part of an error that is printed. */
type Failure = Readonly<{ message?: string | undefined }>

/** The result of a run: what `N passed, N failed` counts, and the lines before it. */
interface Totals {
  readonly passed: number
  readonly failed: number
  readonly lines: readonly string[]
}

/**
 * Prints a line for each skipped test with its reason, a line for each failure, and at last `N passed, N failed`.
 * vitest's default reporter prints the details.
 *
 * A file that does not load counts as one failure. So does a hook, an error outside of tests, and a run without tests.
 */
export class TotalsReporter implements Reporter {
  readonly #file: string | undefined

  /** @param file receives both numbers, for a script that adds them up */
  constructor(file: string | undefined) {
    this.#file = file
  }

  onTestRunEnd(modules: readonly TestModule[], errors: readonly Failure[]): void {
    const { passed, failed, lines } = totalsOf(modules, errors)
    for (const line of lines) console.log(line)
    // The reporter for JSON still prints when its file is written.
    process.once('exit', () => console.log(`${passed} passed, ${failed} failed`))
    if (this.#file !== undefined) writeFileSync(this.#file, `${passed} ${failed}\n`)
    // vitest exits with 0 if every test was skipped.
    if (failed > 0) process.exitCode = 1
  }
}

function totalsOf(modules: readonly TestModule[], errors: readonly Failure[]): Totals {
  const tests = modules.flatMap((module) => [...module.children.allTests()])
  const passed = tests.filter((test) => test.result().state === 'passed').length
  const failures = [
    ...tests.flatMap(failureOf),
    ...modules.flatMap(failuresOutsideOfTests),
    ...errors.map((error) => messageOf(error)),
  ]
  if (passed + failures.length === 0) failures.push('no test ran')
  const lines = [...tests.flatMap(skipLine), ...failures.map((failure) => `failed: ${failure}`)]
  return { passed, failed: failures.length, lines }
}

function failureOf(test: TestCase): string[] {
  const { state, errors } = test.result()
  return state === 'failed' ? [`${titleOf(test)}: ${messageOf(errors?.[0])}`] : []
}

/** Returns a line for the file if it did not load, and for each group of tests whose hooks failed. */
function failuresOutsideOfTests(module: TestModule): string[] {
  const groups = [...module.children.allSuites()].map((suite) => ({ title: titleOf(suite), errors: suite.errors() }))
  return [{ title: fileOf(module), errors: module.errors() }, ...groups].flatMap(({ title, errors: [error] }) =>
    error === undefined ? [] : [`${title}: ${messageOf(error)}`],
  )
}

/**
 * Returns a line for a skipped test. Returns none for a test without a reason if it was not asked for, or if a hook
 * before it failed.
 */
function skipLine(test: TestCase): string[] {
  const result = test.result()
  if (result.state !== 'skipped') return []
  const { config } = test.project.vitest
  const unasked = config.testNamePattern !== undefined || failuresOutsideOfTests(test.module).length > 0
  if (result.note === undefined) return unasked ? [] : [`skipped: ${titleOf(test)}`]
  return [`skipped: ${titleOf(test)}: ${result.note}`]
}

function titleOf(task: { readonly module: TestModule; readonly fullName: string }): string {
  return `${fileOf(task.module)} > ${task.fullName}`
}

function fileOf({ moduleId }: TestModule): string {
  return relative('.', moduleId).replaceAll('\\', '/')
}

function messageOf({ message = 'an unknown error' }: Failure = {}): string {
  return message.split('\n')[0] ?? ''
}
