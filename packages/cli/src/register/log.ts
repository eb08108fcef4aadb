import { writeSync } from 'node:fs'
import { printable } from '@idle-shutdown/core/tracker'
import type { Settings } from './settings.ts'

/** Says one line on stderr, whatever the names in it are. Synchronous: it is there even where the process ends in the same turn. Never throws. */
export function say(line: string): void {
  try {
    writeSync(2, `idle-shutdown: ${printable(line)}\n`)
  } catch {
    // A stderr that is closed, or full and not blocking (EAGAIN): no reason to end otherwise than without the line.
  }
}

/** What may be said, by IDLE_LOG. */
export class Log {
  readonly #level: Settings['log']

  constructor(level: Settings['log']) {
    this.#level = level
  }

  /** How it ended. */
  end(line: string): void {
    if (this.#level !== 'off') say(line)
  }

  /** What it watches. */
  detail(line: string): void {
    if (this.#level === 'verbose') say(line)
  }
}

/** A duration for people: `250 ms`, `1.5 s`, `15 min`, `2 h`. */
export function inWords(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${round(ms / 1000)} s`
  if (ms < 3_600_000) return `${round(ms / 60_000)} min`
  return `${round(ms / 3_600_000)} h`
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
