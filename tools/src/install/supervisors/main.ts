// usage: npx -y pnpm@12 supervisors
// Installs the programs that `pnpm e2e:activation` runs beside Node. Works as root on Debian, and installs systemd,
// curl and util-linux if they are missing. Only unpacks xinetd, openbsd-inetd and nginx, into e2e/supervisors/.debian.
// On other systems, prints that nothing is installed. The tests that need a missing program are then skipped.
import { resolve } from 'node:path'
import { readArguments } from '../../command/read-arguments.ts'
import { runCommand } from '../../command/run-command.ts'
import { apt, thisMachine, unpackInto } from '../debian.ts'
import { availablePackages, planSupervisors, UNPACKED } from './plan-supervisors.ts'

const FOLDER = resolve('e2e/supervisors/.debian')

await runCommand('supervisors', (args) => {
  readArguments('pnpm supervisors', args, {})
  const plan = planSupervisors(thisMachine(), FOLDER)
  if (plan === undefined) {
    console.log('not root on Debian, so nothing is installed. Tests of missing supervisors are skipped')
    return true
  }
  const { missing, unpack } = plan
  if (missing.length > 0 || unpack) apt(['update', '-qq'])
  if (missing.length > 0) apt(['install', '-qq', '-y', '--no-install-recommends', ...missing])
  if (unpack) unpackInto(FOLDER, UNPACKED)
  console.log(`available: ${availablePackages().join(', ')}`)
  return true
})
