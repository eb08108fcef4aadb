import { existsSync, readdirSync } from 'node:fs'
import { defineConfig } from 'vitest/config'

const roots = [...readdirSync('packages').map((name) => `packages/${name}`), 'demo', 'e2e']
const report = process.env['IDLE_TEST_REPORT']

export default defineConfig({
  // Node 20 has no `using`: it is compiled away, as tsc does in dist.
  oxc: { target: 'es2023' },
  test: {
    pool: 'forks',
    // Servers end there every moment, and the process goes on by intent.
    execArgv: ['--disable-warning=IDLE_STILL_RUNNING'],
    maxWorkers: 2,
    testTimeout: 20_000,
    reporters: report ? ['default', ['json', { outputFile: report }]] : ['default'],
    projects: roots
      .filter((root) => existsSync(`${root}/package.json`))
      .map((root) => ({
        extends: true as const,
        test: { name: root.replace('packages/', ''), root, include: ['src/**/*.test.ts', 'test/**/*.test.ts'] },
      })),
  },
})
