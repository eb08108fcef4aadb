import type { Counts, Test } from '../reports/test-report.ts'

import { isAsDeclared, type Runtime, type Result as RuntimeResult } from '../runtimes/outcomes.ts'
import type { Declaration, Framework } from './declared.ts'

/** One combination, with its result in a run. */
export interface Row {
  /** The line of the README that mentions it. */
  readonly group: string
  readonly name: string
  readonly version: string
  /** The tests that run it. */
  readonly by: string
  /** `not run here`: another job runs it. `may fail`: it is not supported yet. */
  readonly result: 'passes' | 'fails' | 'was skipped' | 'was not run' | 'not run here' | 'may fail'
  /** The first test that failed, or that was skipped. */
  readonly because?: string
}

/** Returns the version of an installed or pinned package. */
export type VersionOf = (name: string) => string

/**
 * Returns a row for each major of Node. The row of the current one is about the suite. Its skipped tests do not count,
 * since the machine may lack something. Companions have rows of their own.
 *
 * @param ran the counts of the other majors that were run
 * @param here whether another job runs the other majors
 */
export function nodeRows(
  majors: readonly string[],
  current: string,
  suite: readonly Test[],
  ran: Readonly<Record<string, Counts>>,
  here: boolean,
): Row[] {
  const own = suite.filter(({ file, skipped }) => !skipped && !file.includes('/companions/'))
  return majors.map((major) => {
    const counts = ran[major]
    const missing = here ? 'not run here' : 'was not run'
    const other = counts === undefined ? missing : counts.passed > 0 && counts.failed === 0 ? 'passes' : 'fails'
    const row = { group: 'Node.js', name: 'Node.js', version: major, by: 'the whole suite' }
    return major === current ? { ...row, ...resultOf(own) } : { ...row, result: other }
  })
}

/** Returns a row for each other runtime. A failure that is a declared limit counts as passed. */
export function runtimeRows(runtimes: readonly Runtime[], results: readonly RuntimeResult[]): Row[] {
  return runtimes.map((runtime) => {
    const version = runtime.package.split('@')[1] ?? ''
    const ran = results.find((result) => result.name === runtime.name && result.version === version)
    const outcomes = (ran?.subjects ?? []).flatMap(({ subject, outcomes: tried }) =>
      tried.map((outcome) => ({
        name: `${subject}: ${outcome.name}`,
        passed: isAsDeclared(runtime, subject, outcome),
        skipped: false,
      })),
    )
    const by = 'the conformance suite and a first paste, with [limits](runtimes.md)'
    return { group: 'Other runtimes', name: runtime.name, version, by, ...resultOf(outcomes) }
  })
}

/**
 * Returns a row for the first and for the last version of each major of a framework.
 *
 * @param minors the tests that ran on the first versions
 * @param suite the tests that ran on the last versions
 * @param installed returns the last version of a framework by its alias
 */
export function frameworkRows(
  frameworks: readonly Framework[],
  suite: readonly Test[],
  minors: readonly Test[],
  installed: (framework: string, alias: string) => string,
): Row[] {
  return frameworks.flatMap(({ package: name, majors, next }) => {
    const by = `the tests of @idle-shutdown/${name}, and the conformance suite over it`
    const rows = majors.flatMap(({ name: title, alias, first }) => {
      const own = (tests: readonly Test[]): readonly Test[] =>
        tests.filter(({ file, titles: [top = ''] }) => file.startsWith(`packages/${name}/`) && top.startsWith(title))
      const row = { group: title, name: withoutMajor(title), by }
      return [
        { ...row, version: first, ...resultOf(own(minors)) },
        { ...row, version: installed(name, alias), ...resultOf(own(suite)) },
      ]
    })
    return next === undefined ? rows : [...rows, nextRow(next)]
  })
}

/** Returns a row for each companion. `node:test` and the like have no version of their own. */
export function companionRows(companions: readonly Declaration[], suite: readonly Test[], versionOf: VersionOf): Row[] {
  return companions.map(({ name, tests }) => {
    const own = suite.filter((test) => test.name.includes(`/companions/${tests}`))
    const version = name.startsWith('node') && name !== 'nodemon' ? '' : versionOf(name)
    return { group: 'Companions', name, version, by: '[a program with it](companions.md)', ...resultOf(own) }
  })
}

/** Returns a row for each compiler, by its alias and the version that the manifest names. */
export function compilerRows(compilers: readonly (readonly [string, string])[], tests: readonly Test[]): Row[] {
  return compilers.map(([alias, spec]) => {
    // vitest quotes the values that it fills into a title.
    const own = tests.filter(({ titles: [top = ''] }) => top.replaceAll("'", '') === alias)
    return {
      group: 'TypeScript',
      name: 'TypeScript',
      version: spec.split('@').at(-1) ?? '',
      by: 'the types of every package, in node16, nodenext and bundler, strict and not',
      ...resultOf(own),
    }
  })
}

/** Returns a row for each way of building, by the titles of the consumers' tests. */
export function consumerRows(consumers: readonly Declaration[], tests: readonly Test[], versionOf: VersionOf): Row[] {
  return consumers.map(({ name, tests: title, tool }) => {
    const starts = [`${title}:`, `${title}, majors before:`]
    const own = tests.filter(({ titles }) => starts.some((start) => titles.at(-1)?.startsWith(start)))
    const by = 'a program with each package, as it is packed, in a folder of its own'
    return {
      group: 'Consumers',
      name,
      version: tool === undefined ? '' : versionOf(tool),
      by,
      ...resultOf(own),
    }
  })
}

/** Returns the result of a combination, and the first test that decided it. A skipped test has not passed. */
export function resultOf(tests: readonly Pick<Test, 'name' | 'passed' | 'skipped'>[]): Pick<Row, 'result' | 'because'> {
  if (tests.length === 0) return { result: 'was not run' }
  const failed = tests.find(({ passed, skipped }) => !passed && !skipped)
  if (failed !== undefined) return { result: 'fails', because: failed.name }
  const skipped = tests.find((test) => test.skipped)
  return skipped === undefined ? { result: 'passes' } : { result: 'was skipped', because: skipped.name }
}

function nextRow({ name, version }: NonNullable<Framework['next']>): Row {
  const by = 'a run that is allowed to fail: the peer range excludes it'
  return { group: name, name: withoutMajor(name), version, by, result: 'may fail' }
}

function withoutMajor(title: string): string {
  return title.replace(/ \d+$/, '')
}
