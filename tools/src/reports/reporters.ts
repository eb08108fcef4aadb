import { resolve } from 'node:path'
import type { ViteUserConfig } from 'vitest/config'
import { TotalsReporter } from './totals-reporter.ts'

/**
 * Returns the reporters of every suite. IDLE_TEST_REPORT names a file for vitest's report as JSON, and IDLE_TEST_TOTALS
 * one for the numbers of passed and failed tests.
 */
export function reporters(): NonNullable<NonNullable<ViteUserConfig['test']>['reporters']> {
  const { IDLE_TEST_REPORT: report, IDLE_TEST_TOTALS: totals } = process.env
  const last = new TotalsReporter(totals)
  return report ? ['default', ['json', { outputFile: resolve(report) }], last] : ['default', last]
}
