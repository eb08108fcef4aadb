import type { Address } from '@idle-shutdown/conformance/program'
import type { LifeReport } from './life-report.ts'

/** The messages of a server's process to its parent. */
export type FromServer =
  | { readonly kind: 'listening'; readonly address: Address }
  | { readonly kind: 'closed'; readonly report: LifeReport }
  | { readonly kind: 'explanation'; readonly text: string }

/** The messages to a server's process: close now, end after this life, or explain what is counted. */
export type ToServer = 'close' | 'last' | 'explain'
