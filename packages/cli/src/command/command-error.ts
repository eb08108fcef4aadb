import type { IdleErrorCode } from '@idle-shutdown/core'

/**
 * An error of the user or of the system, as one sentence for stderr. The exit code is 2 for a wrong command line, and 1
 * for an error of the system.
 */
export class CommandError extends Error {
  readonly exitCode: 1 | 2
  /** The code with an entry in docs/errors.md, if it has one. */
  readonly code: IdleErrorCode | undefined

  constructor(exitCode: 1 | 2, message: string, code?: IdleErrorCode) {
    super(message)
    this.name = 'CommandError'
    this.exitCode = exitCode
    this.code = code
  }
}

/** Returns a {@link CommandError} for a wrong command line. */
export function wrongUsage(message: string): CommandError {
  return new CommandError(2, message)
}
