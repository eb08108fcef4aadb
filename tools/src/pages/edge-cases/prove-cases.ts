import type { Test } from '../../reports/test-report.ts'

/** A group of edge cases, under one heading of the page. */
export interface Group {
  readonly group: string
  readonly cases: readonly Case[]
}

/** An edge case. */
export interface Case {
  readonly case: string
  /** The behaviour that is required. */
  readonly must: string
  /** Parts of the names of the tests that prove the case. */
  readonly tests: readonly string[]
}

/** One row of the page: a case, a part of a test's name, and the tests with that part in their name. */
export interface ProvenCase {
  readonly name: string
  readonly must: string
  readonly pattern: string
  /** Reports whether this is the first row of the case. */
  readonly first: boolean
  readonly tests: readonly Test[]
}

/** A heading with its rows. */
export interface ProvenGroup {
  readonly group: string
  readonly rows: readonly ProvenCase[]
}

/**
 * Finds the tests of each case. Returns a problem for each pattern that matches no test, and for each test that did not
 * pass.
 */
export function proveCases(
  groups: readonly Group[],
  tests: readonly Test[],
): { proven: ProvenGroup[]; problems: string[] } {
  const problems: string[] = []
  const proven = groups.map(({ group, cases }) => ({
    group,
    rows: cases.flatMap(({ case: name, must, tests: patterns }) => {
      if (patterns.length === 0) problems.push(`${name}: names no test`)
      return patterns.map((pattern, index) => {
        const matches = tests.filter((test) => test.name.includes(pattern))
        if (matches.length === 0) problems.push(`${name}: no test is called “${pattern}”`)
        for (const test of matches) if (!test.passed) problems.push(`${name}: did not pass: ${test.name}`)
        return { name, must, pattern, first: index === 0, tests: matches }
      })
    }),
  }))
  return { proven, problems }
}
