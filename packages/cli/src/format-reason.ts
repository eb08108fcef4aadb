import type { Reason } from '@idle-shutdown/core'
import { formatDuration } from './format-duration.ts'

/** Returns an entry of an explanation in one line: `stream GET /events (for 12 s, last byte 3 s ago)`. */
export function formatReason({ kind, label, ignored, since, lastByte }: Reason, now: number = Date.now()): string {
  const ago = (time: Date): string => formatDuration(Math.max(0, now - time.getTime()))
  const more: string[] = []
  if (ignored) more.push('ignored')
  if (since !== undefined) more.push(`for ${ago(since)}`)
  if (lastByte !== undefined) more.push(`last byte ${ago(lastByte)} ago`)
  return more.length === 0 ? `${kind} ${label}` : `${kind} ${label} (${more.join(', ')})`
}
