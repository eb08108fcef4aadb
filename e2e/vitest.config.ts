import { join } from 'node:path'
import { defineConfig } from 'vitest/config'
import { reporters } from '../tools/src/reports/reporters.ts'

// The slow suites, each with a command of its own. `pnpm test` runs none of them.
export default defineConfig({
  root: import.meta.dirname,
  // Node 20 has no `using`, so it is compiled away, as tsc does for dist.
  oxc: { target: 'es2023' },
  test: {
    pool: 'forks',
    // The programs run in their own processes, and some tests depend on milliseconds.
    maxWorkers: 1,
    // Lines of the tests are the rows of tables.
    disableConsoleIntercept: true,
    reporters: reporters(),
    projects: [
      {
        extends: true,
        test: {
          name: 'consumers',
          root: join(import.meta.dirname, 'consumers'),
          include: ['test/*.test.ts'],
          globalSetup: join(import.meta.dirname, 'consumers/setup.ts'),
          // The compilers and bundlers run in their own processes, so two at a time are enough.
          maxConcurrency: 2,
          testTimeout: 240_000,
          hookTimeout: 600_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'apps',
          root: join(import.meta.dirname, 'apps'),
          include: ['test/*.test.ts'],
          // A test may install and build its program. Each step has its own limit.
          testTimeout: 1_400_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'supervisors',
          root: join(import.meta.dirname, 'supervisors'),
          include: ['scenarios/*.test.ts'],
          // Each wait of a scenario has its own limit. The full load takes minutes.
          testTimeout: process.env['IDLE_LENGTH'] === 'full' ? 3_600_000 : 300_000,
        },
      },
    ],
  },
})
