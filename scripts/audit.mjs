// Asks the registry for known vulnerabilities of all packages in the lockfile, as `pnpm audit` does. Fails if there is
// one. Some mirrors do not support audits: this script then prints that it checked nothing.
import { spawnSync } from 'node:child_process'
import process from 'node:process'

const { status, stdout, stderr, error } = spawnSync('pnpm', ['audit'], {
  encoding: 'utf8',
  shell: process.platform === 'win32',
})
const output = `${stdout ?? ''}${stderr ?? ''}${error?.message ?? ''}`
if (status === 0) console.log(output.trim())
// pnpm's errors for a missing audit endpoint and for an unreachable registry.
else if (/ERR_PNPM_AUDIT_(BAD_RESPONSE|ENDPOINT_NOT_EXISTS)|ENOTFOUND|ECONNREFUSED/.test(output)) {
  const [why = ''] = /responded with \d+|ENOTFOUND|ECONNREFUSED|ENDPOINT_NOT_EXISTS/.exec(output) ?? []
  console.log(`audit: SKIPPED, since this registry does not support audits (${why}). Nothing was checked`)
} else {
  console.log(output)
  process.exitCode = 1
}
