import { expect, test } from 'vitest'
import { origins, type Run, withOthers } from './report.ts'

const on = (node: string, date: string): Run => ({ node, date, cpu: 'a processor', length: 'normal', rows: [] })
const before = ['v20.1.0', 'v22.1.0', 'v26.1.0'].map((node) => on(node, '2026-01-01'))

test('a new run replaces its major, and other majors keep their runs', () => {
  const runs = withOthers([on('v22.9.0', '2026-02-02')], before)
  expect(runs.map(({ node }) => node)).toEqual(['v20.1.0', 'v22.9.0', 'v26.1.0'])
})

test('no run is lost if nothing could be measured', () => {
  expect(withOthers([], before)).toEqual(before)
})

test('the page reports date and machine of each version', () => {
  const runs = [
    ...withOthers([on('v22.9.0', '2026-02-02')], before),
    { ...on('v28.0.0', '2026-02-02'), length: 'long' } as const,
  ]
  expect(origins(runs)).toBe(
    '2026-01-01, a processor, Node v20.1.0, v26.1.0; 2026-02-02, a processor, Node v22.9.0; 2026-02-02, a processor, length: long, Node v28.0.0',
  )
})
