import type { Framework, Major } from '../../matrix/declared.ts'
import type { Counts, Test } from '../../reports/test-report.ts'

/** The counts of a run on the first minors, with a line for each major and for each test that did not pass. */
export interface MinorVerdict extends Counts {
  readonly lines: readonly string[]
}

/**
 * Decides about a run on the first minors. A skipped test counts as failed, and so does a major without tests.
 *
 * @param status the exit code of the run, `null` if it has none
 */
export function judgeMinors(
  frameworks: readonly Framework[],
  tests: readonly Test[],
  status: number | null,
): MinorVerdict {
  const lines: string[] = []
  let withoutTests = 0
  for (const { name, first } of frameworks.flatMap(({ majors }) => majors)) {
    const own = tests.filter(({ titles: [title = ''] }) => title.startsWith(name))
    const good = own.filter(({ passed }) => passed).length
    lines.push(`${name}, ${first}: ${good} passed, ${own.length - good} failed`)
    for (const test of own) if (!test.passed) lines.push(`  ${test.name}`)
    if (own.length === 0) withoutTests++
  }
  const passed = tests.filter((test) => test.passed).length
  const failed = withoutTests + tests.length - passed
  // An unhandled error appears as no failed test.
  return { passed, failed: status !== 0 && failed === 0 ? 1 : failed, lines }
}

/** Returns the line about a version that may fail. */
export function showNext(
  next: NonNullable<Framework['next']>,
  majors: readonly Major[],
  tests: readonly Test[],
): string {
  const title = majors.find(({ alias }) => alias === next.instead)?.name.toLowerCase()
  const own = tests.filter(({ titles: [top = ''] }) => top.toLowerCase() === title)
  const good = own.filter(({ passed }) => passed).length
  return `${next.name}, ${next.version}, which is allowed to fail: ${good} of ${own.length} pass`
}

/** Returns the projects of the adapters, as arguments of vitest. */
export function projectArguments(frameworks: readonly Framework[]): string[] {
  return frameworks.flatMap(({ package: name }) => ['--project', name])
}
