/** The codes of the errors that wrong calls throw. Each has an entry in docs/errors.md. */
export type IdleErrorCode =
  | 'ERR_IDLE_UNKNOWN_OPTION'
  | 'ERR_IDLE_INVALID_OPTION'
  | 'ERR_IDLE_INVALID_DURATION'
  | 'ERR_IDLE_INVALID_SERVER'
  | 'ERR_IDLE_INVALID_ACTIVITY'
  | 'ERR_IDLE_INVALID_RESPONSE'
  | 'ERR_IDLE_ENDED'
  | 'ERR_IDLE_ALREADY_REGISTERED'
  | 'ERR_IDLE_LISTEN_PID_MISMATCH'
  | 'ERR_IDLE_INVALID_LISTEN_FDS'
  | 'ERR_IDLE_NO_SOCKET'
  | 'ERR_IDLE_DATAGRAM_SOCKET'
  | 'ERR_IDLE_UNKNOWN_SOCKET'
  | 'ERR_IDLE_SOCKET_IN_USE'
  | 'ERR_IDLE_SOCKET_KIND'
  | 'ERR_IDLE_CLUSTER_WORKER'
  | 'ERR_IDLE_UNSUPPORTED_RUNTIME'
  | 'ERR_IDLE_INVALID_UNIT_VALUE'

/** The codes of the process warnings that this family emits. Each has an entry in docs/errors.md. */
export type IdleWarningCode =
  | 'IDLE_IGNORE_FAILED'
  | 'IDLE_CONFIRM_FAILED'
  | 'IDLE_LISTENER_FAILED'
  | 'IDLE_BEFORE_END_FAILED'
  | 'IDLE_QUIET_FAILED'
  | 'IDLE_HOLD_EXPIRED'
  | 'IDLE_STILL_RUNNING'
  | 'IDLE_NO_APP'
  | 'IDLE_SERVER_UNKNOWN'
  | 'IDLE_SHORT_PATIENCE'

/**
 * Thrown by a wrong call, which changes nothing. The message has the value that was received, and the values that are
 * accepted.
 */
export class IdleUsageError extends TypeError {
  readonly code: IdleErrorCode

  constructor(code: IdleErrorCode, message: string) {
    super(message)
    this.name = 'IdleUsageError'
    this.code = code
  }
}

/** The reason of an idle signal whose deadline has passed. Never thrown by this library. */
export class IdleTimeoutError extends Error {
  readonly code = 'ERR_IDLE_TIMEOUT' as const
  /** The time without activity, in milliseconds. */
  readonly patience: number

  constructor(patience: number) {
    super(`No activity for ${patience} ms`)
    this.name = 'IdleTimeoutError'
    this.patience = patience
  }
}

/**
 * Returns the error for a wrong value, in the form of Node's own errors. `accepted` is what follows "must be".
 * `instruction` is a sentence without its full stop.
 */
export function invalidOption(
  name: string,
  value: unknown,
  accepted: string,
  instruction?: string,
  code: IdleErrorCode = 'ERR_IDLE_INVALID_OPTION',
): IdleUsageError {
  const next = instruction === undefined ? '' : `. ${instruction}`
  return new IdleUsageError(code, `"${name}" must be ${accepted}. Received ${showValue(value)}${next}`)
}

/** Reports whether `value` has each of these methods. */
export function hasMethods(value: unknown, ...names: readonly string[]): boolean {
  return names.every((name) => typeof Object(value)[name] === 'function')
}

/** Returns a value as an error message shows it: one short line. */
export function showValue(value: unknown): string {
  // Importing node:util would also load what it loads lazily (seen on Node 20 and 24). A start should not pay for
  // messages.
  const { inspect } = process.getBuiltinModule('node:util')
  const text = inspect(value, { depth: 0, breakLength: Infinity, maxArrayLength: 3, maxStringLength: 60 })
  return text.length > 80 ? `${text.slice(0, 79)}…` : text
}

/** Emits a process warning of this family. Does not throw. */
export function warn(code: IdleWarningCode, message: string, cause?: unknown): void {
  const detail = cause instanceof Error ? cause.stack : cause === undefined ? undefined : showValue(cause)
  process.emitWarning(message, { type: 'IdleShutdownWarning', code, ...(detail && { detail }) })
}
