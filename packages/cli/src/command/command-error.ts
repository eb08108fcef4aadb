import type { IdleErrorCode } from '@idle-shutdown/core'

/** What a user did or met, as one sentence for stderr. Exit code 2: the command line is wrong; 1: the machine says no. */
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

/** A {@link CommandError} for a wrong command line. */
export function wrongUsage(message: string): CommandError {
  return new CommandError(2, message)
}
