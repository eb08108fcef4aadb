import { expect, it, test } from 'vitest'
import { judgeAudit } from './audit-verdict.ts'

it('passes when there is no vulnerability', () => {
  expect(judgeAudit(0, 'No known vulnerabilities found\n')).toEqual({
    passed: true,
    text: 'No known vulnerabilities found',
  })
})

test.each([
  ['a vulnerability', 1, '1 vulnerabilities found\nSeverity: 1 high'],
  ['another error', 1, 'ERR_PNPM_AUDIT_NO_LOCKFILE'],
  ['a signal', null, ''],
])('fails on %s', (_what, status, output) => {
  expect(judgeAudit(status, output)).toEqual({ passed: false, text: output })
})

test.each([
  ['ERR_PNPM_AUDIT_BAD_RESPONSE  The audit endpoint responded with 405', 'responded with 405'],
  ['ERR_PNPM_AUDIT_ENDPOINT_NOT_EXISTS', 'ENDPOINT_NOT_EXISTS'],
  ['request failed, reason: getaddrinfo ENOTFOUND registry', 'ENOTFOUND'],
  ['connect ECONNREFUSED', 'ECONNREFUSED'],
])('says that nothing was checked on %s', (output, why) => {
  expect(judgeAudit(1, output)).toEqual({
    passed: true,
    text: `audit: SKIPPED, since this registry does not support audits (${why}). Nothing was checked`,
  })
})
