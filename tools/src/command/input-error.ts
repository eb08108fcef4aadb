/** The kinds of wrong input, one for each exit with code 2. */
export type InputErrorCode =
  /** An unknown option, an option without its value, or an argument that is not accepted. */
  | 'TOOLS_ARGUMENT'
  /** A file that does not exist or cannot be read. */
  | 'TOOLS_FILE_MISSING'
  /** A file that is not JSON. */
  | 'TOOLS_FILE_NOT_JSON'
  /** A JSON file of another shape, such as the report of another program. */
  | 'TOOLS_FILE_SHAPE'
  /** A report of a run that contains no test. */
  | 'TOOLS_REPORT_EMPTY'

/** An error in the arguments or files of a command. The command wrote nothing, and ends with exit code 2. */
export class InputError extends Error {
  readonly code: InputErrorCode

  constructor(code: InputErrorCode, message: string) {
    super(message)
    this.name = 'InputError'
    this.code = code
  }
}
