import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { expect, it, onTestFinished, test } from 'vitest'
import { DECLARED } from './declared.ts'
import { Reports, readCounts, reportCommand } from './reports.ts'

test.each([
  ['suite', ['node_modules/vitest/vitest.mjs', 'run'], 'IDLE_TEST_REPORT'],
  ['minors', [expect.stringContaining('runs/minors/main.js')], 'IDLE_MINORS_REPORT'],
  ['consumers', [expect.stringContaining('e2e/main.js'), 'consumers'], 'IDLE_TEST_REPORT'],
  ['runtimes', [expect.stringContaining('runtimes/main.js')], 'IDLE_RUNTIMES_REPORT'],
  ['nodes', [expect.stringContaining('runs/nodes/main.js'), '22', '24'], 'IDLE_NODES_REPORT'],
] as const)('runs the command that makes the report %s', (name, args, variable) => {
  expect(reportCommand(name, 'x.json', ['22', '24'])).toEqual({
    command: process.execPath,
    args,
    env: { [variable]: 'x.json' },
  })
})

it('runs nothing when the report is given', () => {
  const reports = new Reports({ suite: 'x.json' }, 'no folder', [])
  expect(reports.file('suite')).toBe('x.json')
  expect(reports.problems).toEqual([])
})

test.each([
  ['{ "22": { "passed": 5, "failed": 0 } }', undefined],
  ['{ "22": { "passed": 5 } }', 'TOOLS_FILE_SHAPE'],
  ['[]', 'TOOLS_FILE_SHAPE'],
  ['', 'TOOLS_FILE_NOT_JSON'],
])('reads the counts %s', (content, code) => {
  const folder = mkdtempSync(join(tmpdir(), 'idle-shutdown-counts-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'nodes.json')
  writeFileSync(file, content)
  if (code === undefined) expect(readCounts(file)).toEqual({ 22: { passed: 5, failed: 0 } })
  else expect(() => readCounts(file)).toThrow(expect.objectContaining({ code }))
})

it('declares each alias and each companion once', () => {
  const names = [
    ...DECLARED.frameworks.flatMap(({ majors }) => majors.map(({ alias }) => alias)),
    ...DECLARED.companions.map(({ name }) => `companion ${name}`),
  ]
  expect(names).toEqual([...new Set(names)])
})
