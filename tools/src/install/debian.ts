import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'

/** The state of the machine. */
export interface Machine {
  /** The content of /etc/os-release. */
  readonly release: string
  /** The id of the user, if the system has users. */
  readonly user: number | undefined
  /** Reports whether a file exists. */
  exists(file: string): boolean
}

/** Returns the state of this machine. */
export function thisMachine(): Machine {
  const release = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : ''
  return { release, user: process.getuid?.(), exists: existsSync }
}

/** Reports whether packages can be installed: the user is root on Debian. */
export function isRootOnDebian({ release, user }: Pick<Machine, 'release' | 'user'>): boolean {
  return /^ID=debian$/m.test(release) && user === 0
}

/** Runs apt-get without questions. */
export function apt(args: readonly string[], cwd?: string): void {
  execFileSync('apt-get', args, { cwd, stdio: 'inherit', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } })
}

/** Unpacks packages into a folder. Installed, they would start at once. Their dependencies are not unpacked. */
export function unpackInto(folder: string, names: readonly string[]): void {
  download(folder, (parts) => apt(['download', '-qq', ...AS_ROOT, ...names], parts))
}

/** Unpacks packages into a folder, together with those of their dependencies that are not installed. */
export function unpackWithDependencies(folder: string, names: readonly string[]): void {
  download(folder, (parts) => {
    mkdirSync(join(parts, 'partial'))
    const only = ['--download-only', '--no-install-recommends', '-o', `Dir::Cache::archives=${parts}`]
    apt(['install', '-qq', '-y', ...only, ...AS_ROOT, ...names])
  })
}

// Debian's download user may not have access to the folder. With this option root downloads without a warning.
const AS_ROOT = ['-o', 'APT::Sandbox::User=root']

function download(folder: string, into: (parts: string) => void): void {
  const parts = `${folder}.part`
  rmSync(parts, { recursive: true, force: true })
  mkdirSync(parts, { recursive: true })
  into(parts)
  for (const file of readdirSync(parts).filter((name) => name.endsWith('.deb'))) {
    execFileSync('dpkg-deb', ['-x', join(parts, file), folder])
  }
  rmSync(parts, { recursive: true })
}
