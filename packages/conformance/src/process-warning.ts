import type { IdleWarningCode } from '@idle-shutdown/core'

/** Waits for the next process warning with this code. */
export function processWarning(code: IdleWarningCode): Promise<Error> {
  return new Promise((resolve) => {
    const listener = (warning: Error & { code?: string }): void => {
      if (warning.code !== code) return
      process.off('warning', listener)
      resolve(warning)
    }
    process.on('warning', listener)
  })
}
