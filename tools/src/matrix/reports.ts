import { existsSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { readJson } from '../command/json-value.ts'
import { type CommandLine, runProgram } from '../command/program.ts'
import type { Counts } from '../reports/test-report.ts'

/** The reports that the matrix reads, by the option that names one. */
export type ReportName = 'suite' | 'runtimes' | 'minors' | 'consumers' | 'nodes'

/** The files of earlier runs. */
export type Given = Readonly<Partial<Record<ReportName, string>>>

/** Returns the command that makes a report, in the file that the variable of its environment names. */
export function reportCommand(name: ReportName, file: string, otherMajors: readonly string[]): CommandLine {
  const node = (args: string[], variable: string): CommandLine => ({
    command: process.execPath,
    args,
    env: { [variable]: file },
  })
  switch (name) {
    case 'suite':
      return node(['node_modules/vitest/vitest.mjs', 'run'], 'IDLE_TEST_REPORT')
    case 'minors':
      return node([tool('runs/minors')], 'IDLE_MINORS_REPORT')
    case 'consumers':
      return node([tool('e2e'), 'consumers'], 'IDLE_TEST_REPORT')
    case 'runtimes':
      return node([tool('runtimes')], 'IDLE_RUNTIMES_REPORT')
    case 'nodes':
      return node([tool('runs/nodes'), ...otherMajors], 'IDLE_NODES_REPORT')
  }
}

/** Makes the reports that no earlier run has made. */
export class Reports {
  readonly #given: Given
  readonly #folder: string
  readonly #otherMajors: readonly string[]
  /** A problem for each run that failed. */
  readonly problems: string[] = []

  constructor(given: Given, folder: string, otherMajors: readonly string[]) {
    this.#given = given
    this.#folder = folder
    this.#otherMajors = otherMajors
  }

  /** Returns the report of an earlier run, or makes one. */
  file(name: ReportName): string {
    const given = this.#given[name]
    if (given !== undefined) return given
    // Without the larger companions, the suite would skip their tests.
    if (name === 'suite') {
      this.#run('the larger companions', { command: process.execPath, args: [tool('install/companions')] })
    }
    const file = join(this.#folder, `${name}.json`)
    this.#run(name, reportCommand(name, file, this.#otherMajors))
    if (!existsSync(file)) throw new Error(`${name}: no report was made`)
    return file
  }

  #run(name: string, command: CommandLine): void {
    console.log(`running ${name}`)
    const status = runProgram(command)
    if (status !== 0) this.problems.push(`${name}: exit code ${status}`)
  }
}

/** Reads the report of `pnpm test:nodes`: the counts of each major. */
export function readCounts(file: string): Record<string, Counts> {
  const majors = readJson(file, 'the report of pnpm test:nodes').entries()
  return Object.fromEntries(
    majors.map(([major, counts]) => [
      major,
      { passed: counts.get('passed').number(), failed: counts.get('failed').number() },
    ]),
  )
}

/** Returns the path of the program of another command. */
function tool(folder: string): string {
  return fileURLToPath(new URL(`../${folder}/main.js`, import.meta.url))
}
