import { writeSync } from 'node:fs'
import { printable } from '@idle-shutdown/core/tracker'
import type { Settings } from '../../settings.ts'

/**
 * Writes one line to stderr, with control characters in it replaced. Writes synchronously, so that the line is out even
 * if the process ends in the same turn. Never throws.
 */
export function say(line: string): void {
  try {
    writeSync(2, `idle-shutdown: ${printable(line)}\n`)
  } catch {
    // stderr is closed, or is full and does not block (EAGAIN). The process ends the same without the line.
  }
}

/** Writes the lines that IDLE_LOG allows. */
export class Log {
  readonly #level: Settings['log']

  constructor(level: Settings['log']) {
    this.#level = level
  }

  /** Writes how the process ended. */
  end(line: string): void {
    if (this.#level !== 'off') say(line)
  }

  /** Writes what is watched. */
  detail(line: string): void {
    if (this.#level === 'verbose') say(line)
  }
}
