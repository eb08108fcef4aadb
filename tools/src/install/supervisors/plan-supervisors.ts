import { isRootOnDebian, type Machine } from '../debian.ts'

/** The installed programs, by a file of each and its package in Debian. */
const INSTALLED = { '/lib/systemd/systemd': 'systemd', '/usr/bin/curl': 'curl', '/usr/bin/unshare': 'util-linux' }

/** The packages that are only unpacked. Installed, they would start at once, and the first two conflict. */
export const UNPACKED: readonly string[] = ['xinetd', 'openbsd-inetd', 'libwrap0', 'nginx']

/** The steps that make all supervisors available. */
export interface Plan {
  /** The packages to install. */
  readonly missing: readonly string[]
  /** Reports whether the others have to be unpacked. */
  readonly unpack: boolean
}

/**
 * Returns the steps for a machine. Returns `undefined` unless the user is root on Debian.
 *
 * @param folder the folder of the unpacked packages
 */
export function planSupervisors(machine: Machine, folder: string): Plan | undefined {
  if (!isRootOnDebian(machine)) return undefined
  const missing = Object.entries(INSTALLED).flatMap(([file, name]) => (machine.exists(file) ? [] : [name]))
  return { missing, unpack: !machine.exists(folder) }
}

/** Returns the names of all packages that are available afterwards. */
export function availablePackages(): string[] {
  return [...Object.values(INSTALLED), ...UNPACKED]
}
