import { join } from 'node:path'
import { isRootOnDebian, type Machine } from '../debian.ts'

/** The servers, by a file or folder of each and its package in Debian. */
const SERVERS = { 'usr/lib/postgresql': 'postgresql', 'usr/bin/redis-server': 'redis-server' }

/**
 * Returns the packages of the servers that are neither installed nor unpacked. Returns `undefined` unless the user is
 * root on Debian.
 *
 * @param folder the folder of the unpacked packages
 */
export function missingServers(machine: Machine, folder: string): readonly string[] | undefined {
  if (!isRootOnDebian(machine)) return undefined
  return Object.entries(SERVERS).flatMap(([file, name]) =>
    machine.exists(`/${file}`) || machine.exists(join(folder, file)) ? [] : [name],
  )
}
