import { seconds } from '../result/figures.ts'
import { card, headline } from './card.ts'
import type { Line, Span } from './line.ts'
import type { Scene } from './scene.ts'

const PHASES = ['starting', 'traffic', 'silence', 'over'] as const

/** Draws a scene for a terminal of this size. Draws only a headline for each server if there is no room for more. */
export function frame(scene: Scene, { columns, rows }: { readonly columns: number; readonly rows: number }): Line[] {
  const full: Line[] = [
    [],
    [...TITLE, ['dim', `   a server without activity for ${seconds(scene.patience)} ends by itself`]],
    phases(scene),
    ...scene.servers.flatMap((server) => [[], ...card(server, columns)]),
    [],
  ]
  if (full.length < rows) return full
  return [TITLE, ...scene.servers.map(headline)].slice(0, Math.max(1, rows - 1))
}

const TITLE: Line = ['  ', ['bold', 'idle-shutdown']]

/** Draws the phases. Servers progress independently, and the phase of the show is that of the last server. */
function phases({ servers, elapsed }: Scene): Line {
  const now = PHASES.find((phase) => servers.some((server) => server.phase === phase)) ?? 'over'
  const steps = PHASES.slice(1).flatMap((phase): Span[] => [
    phase === now ? ['cyan', `● ${phase}`] : ['dim', `○ ${phase}`],
    '   ',
  ])
  return ['  ', ...steps, ['dim', seconds(elapsed)]]
}
