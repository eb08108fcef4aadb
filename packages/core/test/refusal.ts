import { IdleUsageError } from '../src/errors.ts'

/** What a call was refused with, as `code: message`; for a call that was not refused, that it was accepted. */
export function refusal(call: () => unknown): string {
  try {
    call()
  } catch (error) {
    if (error instanceof IdleUsageError) return `${error.code}: ${error.message}`
    throw error
  }
  return 'accepted'
}
