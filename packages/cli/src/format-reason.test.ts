import type { Reason } from '@idle-shutdown/core'
import { expect, test } from 'vitest'
import { formatReason } from './format-reason.ts'

const NOW = Date.UTC(2026, 11, 1)
const ago = (ms: number): Date => new Date(NOW - ms)

test.each<[Reason, string]>([
  [{ kind: 'request', label: 'GET /', ignored: false }, 'request GET /'],
  [{ kind: 'request', label: 'GET /healthz', ignored: true }, 'request GET /healthz (ignored)'],
  [{ kind: 'hold', label: 'job', ignored: false, since: ago(200_000) }, 'hold job (for 3 min 20 s)'],
  [
    { kind: 'stream', label: 'GET /events', ignored: false, since: ago(12_000), lastByte: ago(3000) },
    'stream GET /events (for 12 s, last byte 3 s ago)',
  ],
  [
    { kind: 'stream', label: 'GET /events', ignored: true, since: ago(-5), lastByte: ago(-5) },
    'stream GET /events (ignored, for 0 ms, last byte 0 ms ago)',
  ],
])('%j is one line', (reason, line) => {
  expect(formatReason(reason, NOW)).toBe(line)
})
