import { IdleUsageError } from '../src/errors.ts'

/** Returns the error of a refused call as `code: message`, or says that the call was accepted. */
export function refusal(call: () => unknown): string {
  try {
    call()
  } catch (error) {
    if (error instanceof IdleUsageError) return `${error.code}: ${error.message}`
    throw error
  }
  return 'accepted'
}
