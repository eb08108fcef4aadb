/** The result of `pnpm audit`. */
export interface AuditVerdict {
  readonly passed: boolean
  readonly text: string
}

/** pnpm's errors for a missing audit endpoint and for an unreachable registry. */
const UNSUPPORTED = /ERR_PNPM_AUDIT_(BAD_RESPONSE|ENDPOINT_NOT_EXISTS)|ENOTFOUND|ECONNREFUSED/

/**
 * Decides about a run of `pnpm audit`. A registry without audits passes, with a text that says so.
 *
 * @param status the exit code, `null` if there is none
 */
export function judgeAudit(status: number | null, output: string): AuditVerdict {
  if (status === 0) return { passed: true, text: output.trim() }
  if (!UNSUPPORTED.test(output)) return { passed: false, text: output }
  const [why = ''] = /responded with \d+|ENOTFOUND|ECONNREFUSED|ENDPOINT_NOT_EXISTS/.exec(output) ?? []
  const text = `audit: SKIPPED, since this registry does not support audits (${why}). Nothing was checked`
  return { passed: true, text }
}
