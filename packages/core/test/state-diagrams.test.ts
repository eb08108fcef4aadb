import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { CONNECTION_STATES } from '../src/connection/connection-state.ts'
import { COUNTDOWN_PHASES } from '../src/tracker/phases.ts'
import { diagramOf, type StateTable, withDiagram } from './state-diagram.ts'

/** The diagrams of docs/what-counts-as-idle.md, by name. `vitest run --project core state-diagrams -u` writes them. */
const diagrams: Readonly<Record<string, StateTable>> = { connection: CONNECTION_STATES, countdown: COUNTDOWN_PHASES }

test('the page shows the states of the tables in the code', async () => {
  const file = join(import.meta.dirname, '../../../docs/what-counts-as-idle.md')
  let page = readFileSync(file, 'utf8')
  for (const [name, table] of Object.entries(diagrams)) page = withDiagram(page, name, table)
  await expect(page).toMatchFileSnapshot(file)
})

test('a diagram has each state with its meaning, where it begins, and where it ends', () => {
  expect(diagramOf({ on: { means: 'it runs', next: ['on', 'off'] }, off: { means: 'it has ended', next: [] } })).toBe(
    `\`\`\`mermaid
stateDiagram-v2
  on: on (it runs)
  off: off (it has ended)
  [*] --> on
  on --> on
  on --> off
  off --> [*]
\`\`\`
`,
  )
})

test('a page without the place for a diagram is an error', () => {
  expect(() => withDiagram('# A page\n', 'countdown', COUNTDOWN_PHASES)).toThrow('no place for the diagram countdown')
})
