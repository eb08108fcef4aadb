import { defineConfig } from 'vitest/config'

const report = process.env['IDLE_TEST_REPORT']

export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ['test/*.test.ts'],
    globalSetup: 'setup.ts',
    pool: 'forks',
    // The compilers and bundlers run in their own processes, so two at a time are enough.
    maxWorkers: 1,
    maxConcurrency: 2,
    testTimeout: 240_000,
    hookTimeout: 600_000,
    reporters: report ? ['default', ['json', { outputFile: report }]] : ['default'],
  },
})
