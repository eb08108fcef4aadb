// Asks the registry for known vulnerabilities of all that the lockfile names, as `pnpm audit` does, and fails where there is one.
// Some mirrors of the registry do not answer that question: then it says so, and checks nothing.
import { spawnSync } from 'node:child_process'
import process from 'node:process'

const { status, stdout, stderr, error } = spawnSync('pnpm', ['audit'], {
  encoding: 'utf8',
  shell: process.platform === 'win32',
})
const said = `${stdout ?? ''}${stderr ?? ''}${error?.message ?? ''}`
if (status === 0) console.log(said.trim())
// What pnpm says where the endpoint is missing, or the registry cannot be reached at all.
else if (/ERR_PNPM_AUDIT_(BAD_RESPONSE|ENDPOINT_NOT_EXISTS)|ENOTFOUND|ECONNREFUSED/.test(said)) {
  const [why = ''] = /responded with \d+|ENOTFOUND|ECONNREFUSED|ENDPOINT_NOT_EXISTS/.exec(said) ?? []
  console.log(`audit: SKIPPED, nothing was checked: this registry does not answer audits (${why})`)
} else {
  console.log(said)
  process.exitCode = 1
}
