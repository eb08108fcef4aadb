// usage: npx -y pnpm@12 supervisors
// Installs the programs that `pnpm e2e:activation` runs beside Node. Works as root on Debian, and installs systemd,
// curl and util-linux if they are missing. Only unpacks xinetd, openbsd-inetd and nginx, into e2e/supervisors/.debian.
// On other systems, prints that nothing is installed. The tests that need a missing program are then skipped.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { readArguments } from '../../command/read-arguments.ts'
import { runCommand } from '../../command/run-command.ts'
import { availablePackages, planSupervisors, UNPACKED } from './plan-supervisors.ts'

const FOLDER = resolve('e2e/supervisors/.debian')

await runCommand('supervisors', (args) => {
  readArguments('pnpm supervisors', args, {})
  const release = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : ''
  const plan = planSupervisors({ release, user: process.getuid?.(), exists: existsSync }, FOLDER)
  if (plan === undefined) {
    console.log('not root on Debian, so nothing is installed. Tests of missing supervisors are skipped')
    return true
  }
  const { missing, unpack } = plan
  if (missing.length > 0 || unpack) apt(['update', '-qq'])
  if (missing.length > 0) apt(['install', '-qq', '-y', '--no-install-recommends', ...missing])
  if (unpack) unpackInto(FOLDER)
  console.log(`available: ${availablePackages().join(', ')}`)
  return true
})

function unpackInto(folder: string): void {
  const parts = `${folder}.part`
  rmSync(parts, { recursive: true, force: true })
  mkdirSync(parts, { recursive: true })
  // Debian's download user may not have access to this folder. With this option root downloads without a warning.
  apt(['download', '-qq', '-o', 'APT::Sandbox::User=root', ...UNPACKED], parts)
  for (const file of readdirSync(parts).filter((name) => name.endsWith('.deb'))) {
    execFileSync('dpkg-deb', ['-x', join(parts, file), folder])
    rmSync(join(parts, file))
  }
  rmSync(parts, { recursive: true })
}

function apt(args: readonly string[], cwd?: string): void {
  execFileSync('apt-get', args, { cwd, stdio: 'inherit', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } })
}
