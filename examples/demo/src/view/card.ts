import type { Explanation } from '@idle-shutdown/core'
import { count, milliseconds, seconds, whole } from '../result/figures.ts'
import { endingInWords, isGoodEnding } from '../result/result.ts'
import type { Line, Paint, Span } from './line.ts'
import type { ServerScene } from './scene.ts'

/** The largest width of a bar. */
const WIDEST = 64

/** Draws a server: its state, its remaining time, and its requests. */
export function card(server: ServerScene, columns: number): Line[] {
  const { ending, sent, answered, lost, healthChecks } = server
  const tally = `${whole(sent)} sent, ${whole(answered)} answered, ${whole(lost)} lost; ${count(healthChecks, 'health check')}`
  return [
    headline(server),
    ['    ', ...(ending === undefined ? countdown(server, Math.min(WIDEST, columns - 12)) : [measured(server)])],
    ['    ', ['dim', tally]],
  ]
}

/** Draws a server's state as one line. */
export function headline(server: ServerScene): Line {
  const [paint, mark, words] = state(server)
  const line: Line = ['  ', [paint, mark], ' ', ['bold', server.name.padEnd(8)], ' ', [paint, words.padEnd(9)]]
  const notCounted = ['health checks', ...(server.webSocketOpen ? ['a WebSocket'] : [])].join(', ')
  if (server.ending !== undefined || server.explanation === undefined) return line
  return [...line, '   ', holding(server.explanation), '   ', ['dim', `not counted: ${notCounted}`]]
}

function state({ ending, explanation }: ServerScene): [paint: Paint, mark: string, words: string] {
  if (ending !== undefined) {
    const good = isGoodEnding(ending)
    return [good ? 'green' : 'red', good ? '✓' : '✗', endingInWords(ending)]
  }
  switch (explanation?.state) {
    case 'active':
      return ['green', '●', `active: ${explanation.active}`]
    case 'waiting':
      return ['yellow', '◐', 'waiting']
    case 'ended':
      return ['cyan', '◌', 'draining']
    default:
      return ['cyan', '◌', explanation?.state ?? 'starting']
  }
}

/** Returns the reasons that keep the server running, with equal ones counted. */
function holding({ reasons, state }: Explanation): string {
  const counts = new Map<string, number>()
  for (const { kind, label, ignored } of reasons) {
    if (ignored && state !== 'suspended') continue
    const what = kind === 'request' ? label : `${kind} ${label}`
    counts.set(what, (counts.get(what) ?? 0) + 1)
  }
  return [...counts].map(([what, times]) => (times === 1 ? what : `${times} × ${what}`)).join(', ')
}

function countdown({ explanation, patience }: ServerScene, width: number): Span[] {
  const remaining = explanation?.state === 'ended' ? 0 : (explanation?.remaining ?? patience)
  const paint = explanation?.state === 'active' ? 'green' : 'yellow'
  return [...bar(remaining / patience, width, paint), `  ${seconds(remaining)}`]
}

function measured({ idleAfter, drain }: ServerScene): Span {
  const figures = [
    ...(idleAfter === undefined ? [] : [`idle ${milliseconds(idleAfter)} after its last activity`]),
    ...(drain === undefined ? [] : [`drained in ${milliseconds(drain)}`]),
  ]
  return figures.join(' · ')
}

/** Returns a bar of `width` columns, filled to `fraction` (0 to 1). */
export function bar(fraction: number, width: number, paint: Paint): Span[] {
  const columns = Math.max(0, Math.floor(width))
  const filled = Math.round(Math.min(1, Math.max(0, fraction)) * columns)
  // Uses a thick and a thin line, so that the bar is readable without colours.
  return [
    [paint, '━'.repeat(filled)],
    ['dim', '─'.repeat(columns - filled)],
  ]
}
