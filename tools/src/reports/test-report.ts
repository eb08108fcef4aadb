import { relative, resolve } from 'node:path'
import { InputError } from '../command/input-error.ts'
import { type JsonValue, readJson } from '../command/json-value.ts'

/** One test of a report, or a file that failed without a failed test. */
export interface Test {
  /** The path from the root of the repository, with `/`. */
  readonly file: string
  /** The titles of its groups, and its own. None if the file itself failed. */
  readonly titles: readonly string[]
  /** The file and the titles, joined by ` › `. */
  readonly name: string
  /** Reports whether the test ran and passed. */
  readonly passed: boolean
  /** Reports whether the test did not run. */
  readonly skipped: boolean
  /** The first line of the error, if the test failed. */
  readonly error?: string
}

/** The numbers of tests of a run. Skipped tests do not count. */
export interface Counts {
  readonly passed: number
  readonly failed: number
}

/**
 * Reads a JSON report of vitest.
 *
 * @throws InputError if the file is missing, is not such a report, or contains no test
 */
export function readTestReport(file: string): Test[] {
  const tests = testsIn(readJson(file, 'a JSON report of vitest'))
  if (tests.length > 0) return tests
  throw new InputError('TOOLS_REPORT_EMPTY', `The report must contain a test. Received '${file}', which contains none`)
}

/**
 * Returns the tests of a JSON report of vitest, possibly none, sorted by file. Vitest lists the files in the order in
 * which it found them. It searches all projects at once, so the order differs between runs. A file that does not load,
 * or whose hook fails, has no failed test in the report. Such a file is in the list as one more test, which failed.
 */
export function testsIn(report: JsonValue, root: string = resolve('.')): Test[] {
  return report
    .get('testResults')
    .items()
    .map((suite) => ({ suite, path: suite.get('name').text() }))
    .toSorted((a, b) => (a.path < b.path ? -1 : 1))
    .flatMap(({ suite, path }) => {
      const file = relative(root, path).replaceAll('\\', '/')
      const tests = suite
        .get('assertionResults')
        .items()
        .map((assertion) => testOf(file, assertion))
      const failed = tests.some((test) => isFailed(test))
      return suite.get('status').text() === 'failed' && !failed ? [...tests, failedFile(file, suite)] : tests
    })
}

/**
 * Returns the counts of a run. A run that failed without a failed test, or in which no test passed, counts as one
 * failure: nothing else would show an unhandled error.
 *
 * @param status the exit code of the run, `null` if it has none
 */
export function countsOf(tests: readonly Test[], status: number | null): Counts {
  const passed = tests.filter((test) => test.passed).length
  const failed = tests.filter(isFailed).length
  return { passed, failed: failed === 0 && (status !== 0 || passed === 0) ? 1 : failed }
}

/** Reports whether a test ran, and did not pass. */
function isFailed({ passed, skipped }: Test): boolean {
  return !passed && !skipped
}

function testOf(file: string, assertion: JsonValue): Test {
  const status = assertion.get('status').text()
  const groups = assertion
    .get('ancestorTitles')
    .items()
    .map((title) => title.text())
  const titles = [...groups, assertion.get('title').text()]
  const messages = assertion.get('failureMessages')
  const [message] = messages.exists ? messages.items() : []
  return {
    file,
    titles,
    name: [file, ...titles].join(' › '),
    passed: status === 'passed',
    skipped: !/passed|failed/.test(status),
    ...(message !== undefined && { error: firstLine(message) }),
  }
}

function failedFile(file: string, suite: JsonValue): Test {
  const message = suite.get('message')
  const error = (message.exists && firstLine(message)) || 'the file failed, and vitest names no error'
  return { file, titles: [], name: file, passed: false, skipped: false, error }
}

function firstLine(text: JsonValue): string {
  return text.text().split('\n')[0] ?? ''
}
