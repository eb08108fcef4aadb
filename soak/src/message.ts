import type { Address } from '@idle-shutdown/conformance/program'
import type { LifeReport } from './life-report.ts'

/** What a server's process tells the one that started it. */
export type FromServer =
  | { readonly kind: 'listening'; readonly address: Address }
  | { readonly kind: 'closed'; readonly report: LifeReport }
  | { readonly kind: 'explanation'; readonly text: string }

/** What it is told: to close in the middle of things, that no life comes after this one, to say what holds it. */
export type ToServer = 'close' | 'last' | 'explain'
