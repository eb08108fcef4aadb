import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { defineConfig } from 'vitest/config'
import { reporters } from './tools/src/reports/reporters.ts'

const roots = [
  ...readdirSync('packages')
    .map((name) => `packages/${name}`)
    .filter((folder) => existsSync(`${folder}/package.json`)),
  'bench',
  'e2e/processes',
  'e2e/supervisors',
  'examples/demo',
  'soak',
  'tools',
]
/** Other versions of frameworks than those of the lockfile: the path for each name. */
const alias: Record<string, string> = JSON.parse(process.env['IDLE_TEST_ALIASES'] ?? '{}')

export default defineConfig({
  // Node 20 has no `using`, so it is compiled away, as tsc does for dist.
  oxc: { target: 'es2023' },
  resolve: {
    alias: Object.entries(alias).map(([name, path]) => ({ find: new RegExp(`^${name}$`), replacement: path })),
  },
  test: {
    pool: 'forks',
    // Silences warnings that tests provoke: servers that end while the process continues, failing functions of users,
    // apps without a server, and patiences of milliseconds.
    execArgv: [
      'STILL_RUNNING',
      'IGNORE_FAILED',
      'LISTENER_FAILED',
      'CONFIRM_FAILED',
      'HOLD_EXPIRED',
      'SERVER_UNKNOWN',
      'SHORT_PATIENCE',
    ].map((code) => `--disable-warning=IDLE_${code}`),
    maxWorkers: 3,
    // Most tests wait for time to pass, so many can run at once.
    maxConcurrency: 12,
    testTimeout: 20_000,
    // One turn of the event loop may take a second on a busy machine, and a page counts down in seconds.
    expect: { poll: { timeout: 10_000 } },
    reporters: reporters(),
    projects: roots.map((root) => ({
      extends: true as const,
      test: {
        name: root.replace('packages/', ''),
        root,
        include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
        setupFiles: existsSync(`${root}/test/setup.ts`) ? [join(import.meta.dirname, root, 'test/setup.ts')] : [],
      },
    })),
  },
})
