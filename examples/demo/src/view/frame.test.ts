import { expect, it } from 'vitest'
import { frame } from './frame.ts'
import { render } from './line.ts'
import type { Scene, ServerScene } from './scene.ts'

const EXPLANATION = {
  patience: 3000,
  active: 0,
  ignored: 0,
  reasons: [],
  uncounted: [],
  deadline: undefined,
  remaining: undefined,
}
const ACTIVE: ServerScene = {
  name: 'Express',
  patience: 3000,
  phase: 'traffic',
  idleAfter: undefined,
  explanation: {
    ...EXPLANATION,
    state: 'active',
    clock: 'busy',
    active: 3,
    uncounted: [],
    reasons: [
      { kind: 'request', label: 'GET /slow', ignored: false },
      { kind: 'request', label: 'GET /', ignored: false },
      { kind: 'request', label: 'GET /', ignored: false },
      { kind: 'request', label: 'GET /healthz', ignored: true },
    ],
  },
  sent: 1200,
  answered: 1195,
  lost: 0,
  healthChecks: 9,
  webSocketOpen: true,
  ending: undefined,
  drain: undefined,
}
const WAITING: ServerScene = {
  ...ACTIVE,
  name: 'Fastify',
  phase: 'silence',
  explanation: { ...EXPLANATION, state: 'waiting', clock: 'sleeping', remaining: 1500 },
}
const ENDED: ServerScene = {
  ...ACTIVE,
  name: 'Koa',
  phase: 'over',
  idleAfter: 3004,
  drain: 4,
  ending: { exit: 0, byItself: true },
}
const SCENE: Scene = { patience: 3000, elapsed: 4200, servers: [ACTIVE, WAITING, ENDED] }

const text = (columns: number, rows: number): string[] =>
  frame(SCENE, { columns, rows }).map((line) => render(line, false).trimEnd())

it('draws a card for each server', () => {
  expect(text(32, 24)).toEqual([
    '',
    '  idle-shutdown   a server without activity for 3.0 s ends by itself',
    '  ● traffic   ○ silence   ○ over   4.2 s',
    '',
    '  ● Express  active: 3   GET /slow, 2 × GET /   not counted: health checks, a WebSocket',
    '    ━━━━━━━━━━━━━━━━━━━━  3.0 s',
    '    1,200 sent, 1,195 answered, 0 lost; 9 health checks',
    '',
    '  ◐ Fastify  waiting        not counted: health checks, a WebSocket',
    '    ━━━━━━━━━━──────────  1.5 s',
    '    1,200 sent, 1,195 answered, 0 lost; 9 health checks',
    '',
    '  ✓ Koa      ended by itself with code 0',
    '    idle 3,004 ms after its last activity · drained in 4 ms',
    '    1,200 sent, 1,195 answered, 0 lost; 9 health checks',
    '',
  ])
})

it('draws only headlines if rows are few, and never more lines than rows', () => {
  expect(text(80, 10)).toHaveLength(4)
  expect(text(80, 3)).toHaveLength(2)
  expect(text(80, 1)).toHaveLength(1)
})
