/** What a user did or met, as one sentence for stderr. Exit code 2: the command line is wrong; 1: the machine says no. */
export class CommandError extends Error {
  readonly exitCode: 1 | 2

  constructor(exitCode: 1 | 2, message: string) {
    super(message)
    this.name = 'CommandError'
    this.exitCode = exitCode
  }
}

/** A {@link CommandError} for a wrong command line. */
export function wrongUsage(message: string): CommandError {
  return new CommandError(2, message)
}
