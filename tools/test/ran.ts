import type { Test } from '../src/reports/test-report.ts'

/** Returns a test of a report, by default one that passed. */
export function ran(file: string, titles: string[], changes: Partial<Test> = {}): Test {
  return { file, titles, name: [file, ...titles].join(' › '), passed: true, skipped: false, ...changes }
}
