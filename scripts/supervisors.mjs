// usage: npx -y pnpm@12 supervisors
// Installs the programs that `pnpm e2e:activation` runs beside Node. Works as root on Debian, and installs systemd,
// curl and perl if they are missing. Only unpacks xinetd, openbsd-inetd and nginx, into e2e/activation/.debian.
// Installed, these would start at once, and the first two conflict.
// On other systems, prints that nothing is installed. The tests that need a missing program are then skipped.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'

const INSTALLED = { '/lib/systemd/systemd': 'systemd', '/usr/bin/curl': 'curl', '/usr/bin/unshare': 'util-linux' }
const UNPACKED = ['xinetd', 'openbsd-inetd', 'libwrap0', 'nginx']

const folder = join(import.meta.dirname, '../e2e/activation/.debian')
const release = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : ''

if (!/^ID=debian$/m.test(release) || process.getuid?.() !== 0) {
  console.log('not root on Debian, so nothing is installed. Tests of missing supervisors are skipped')
} else {
  const missing = Object.entries(INSTALLED).flatMap(([file, name]) => (existsSync(file) ? [] : [name]))
  const unpacked = existsSync(folder)
  if (missing.length > 0 || !unpacked) apt('update', '-qq')
  if (missing.length > 0) apt('install', '-qq', '-y', '--no-install-recommends', ...missing)
  if (!unpacked) unpack()
  console.log(`available: ${Object.values(INSTALLED).join(', ')}, ${UNPACKED.join(', ')}`)
}

function unpack() {
  const parts = `${folder}.part`
  rmSync(parts, { recursive: true, force: true })
  mkdirSync(parts, { recursive: true })
  // Debian's download user may not have access to this folder. With this option root downloads without a warning.
  apt('download', '-qq', '-o', 'APT::Sandbox::User=root', ...UNPACKED)
  for (const file of readdirSync(parts).filter((name) => name.endsWith('.deb'))) {
    execFileSync('dpkg-deb', ['-x', join(parts, file), folder])
    rmSync(join(parts, file))
  }
  rmSync(parts, { recursive: true })
}

function apt(/** @type {string[]} */ ...args) {
  const cwd = args[0] === 'download' ? `${folder}.part` : undefined
  execFileSync('apt-get', args, { cwd, stdio: 'inherit', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } })
}
