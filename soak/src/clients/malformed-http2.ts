import { frame, GET, PREFACE } from '@idle-shutdown/testing'
import type { Random } from './random.ts'

const SETTINGS = frame(4, 0, 0, '')

/**
 * Returns the first bytes of a connection, without which a server does not read the frames after them. A few are wrong
 * too.
 */
export function beginning(random: Random): string {
  return random.chance(0.05) ? random.bytes(random.between(1, 60)) : PREFACE + SETTINGS
}

/** Returns one HTTP/2 frame that most likely has an error, or opens a stream and cancels it. */
export function malformedHttp2(random: Random): string {
  const stream = random.chance(0.3) ? 0 : random.between(0, 40) * 2 + random.between(0, 1)
  const kind = random.next()
  // Opens a stream, and often resets it in the same write.
  if (kind < 0.25) {
    const opened = frame(1, random.chance(0.8) ? 5 : 4, stream | 1, GET)
    return random.chance(0.5) ? opened + frame(3, 0, stream | 1, '\0\0\0\x08') : opened
  }
  if (kind < 0.3) return frame(1, 5, stream | 1, random.bytes(random.between(0, 50)))
  if (kind < 0.35) return random.bytes(random.between(1, 100))
  const type = random.between(0, 12)
  const payload = random.bytes(random.chance(0.5) ? random.between(0, 20) : random.pick([0, 4, 5, 6, 8]))
  const bytes = frame(type, random.pick([0, 1, 4, 5, 8, 255]), stream, payload)
  if (random.chance(0.9)) return bytes
  return bytes.slice(0, random.between(0, bytes.length))
}
