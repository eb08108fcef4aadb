import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { endianness } from 'node:os'
import process from 'node:process'

/** An address of a listening TCP socket, as in the kernel's tables. */
interface Row {
  readonly address: string
  readonly port: number
  readonly uid: number
  readonly inode: string
}

/** The kernel writes addresses in words of the machine's own byte order. */
const ORDERED = endianness() === 'LE'
const LOOPBACK: Readonly<Record<Loopback, string>> = {
  '127.0.0.1': ORDERED ? '0100007F' : '7F000001',
  '::1': '0'.repeat(24) + (ORDERED ? '01000000' : '00000001'),
}
const ANY: Readonly<Record<Loopback, string>> = { '127.0.0.1': '0'.repeat(8), '::1': '0'.repeat(32) }
/** An IPv6 socket also takes connections of IPv4, unless it is IPv6-only. */
const MAPPED = '0'.repeat(16) + (ORDERED ? 'FFFF0000' : '0000FFFF') + LOOPBACK['127.0.0.1']
const LISTEN = '0A'

/** A loopback address. */
export type Loopback = '127.0.0.1' | '::1'

/** The owner of the listener at a port. `unknown` if the system does not show it. */
export type Owner = 'own' | 'foreign' | 'none' | 'unknown'

/** A descriptor of a process that holds a listening socket. While it is open, no other user can have the port. */
export interface Holder {
  readonly descriptor: string
  readonly socket: string
}

/**
 * Returns the owner of the listener that takes connections to a loopback address. Only Linux shows owners.
 *
 * The owner is `own` if the listener belongs to this user, to root, or to a process of the session `session`. The
 * holder is returned if it is in the session. Too slow for every connection: reads the kernel's tables, which grow with
 * the connections of the machine, and looks at all processes.
 */
export function findOwner(
  port: number,
  host: Loopback,
  session: number,
): { readonly owner: Owner; readonly holder?: Holder | undefined } {
  const found = taking(port, host)
  const row = found?.[0]
  if (found === undefined || row === undefined) return { owner: found === undefined ? 'unknown' : 'none' }
  const holders = holdersOf(session)
  const own = found.every(({ uid, inode }) => uid === process.getuid?.() || uid === 0 || holders.has(inode))
  const descriptor = holders.get(row.inode)
  return {
    owner: own ? 'own' : 'foreign',
    holder: descriptor === undefined ? undefined : { descriptor, socket: `socket:[${row.inode}]` },
  }
}

/** Reports whether a holder still has its socket. */
export function isHeld({ descriptor, socket }: Holder): boolean {
  return attempt(() => readlinkSync(descriptor)) === socket
}

/** Returns the ports on which the processes of a session listen, in order. Empty if the system does not show them. */
export function portsOf(session: number): readonly number[] {
  const rows = [...(table('tcp') ?? []), ...(table('tcp6') ?? [])]
  if (rows.length === 0) return []
  const holders = holdersOf(session)
  const ports = rows.filter(({ inode }) => holders.has(inode)).map(({ port }) => port)
  return [...new Set(ports)].sort((one, other) => one - other)
}

/** Returns the listeners that take connections to the address. The kernel prefers the one with the exact address. */
function taking(port: number, host: Loopback): readonly Row[] | undefined {
  const [four, six] = [table('tcp'), table('tcp6') ?? []]
  // Some systems have the tables, but keep them empty.
  if (four === undefined || four.length + six.length === 0) return undefined
  const at = (rows: readonly Row[], ...addresses: readonly string[]): readonly Row[] =>
    rows.filter((row) => row.port === port && addresses.includes(row.address))
  const candidates =
    host === '::1'
      ? [at(six, LOOPBACK[host]), at(six, ANY[host])]
      : [at(four, LOOPBACK[host]), at(six, MAPPED), at(four, ANY[host]), at(six, ANY['::1'])]
  return candidates.find((rows) => rows.length > 0) ?? []
}

function table(name: 'tcp' | 'tcp6'): readonly Row[] | undefined {
  if (process.platform !== 'linux') return undefined
  let text: string
  try {
    text = readFileSync(`/proc/self/net/${name}`, 'latin1')
  } catch {
    return undefined
  }
  const rows: Row[] = []
  for (const line of text.split('\n')) {
    const [, local = '', , state, , , , uid = '', , inode = ''] = line.trim().split(/\s+/)
    if (state !== LISTEN) continue
    const [address = '', port = ''] = local.split(':')
    rows.push({ address, port: Number.parseInt(port, 16), uid: Number(uid), inode })
  }
  return rows
}

/** Returns the sockets of all processes of a session, with a descriptor of each, as far as this user may read them. */
function holdersOf(session: number): ReadonlyMap<string, string> {
  const holders = new Map<string, string>()
  for (const pid of attempt(() => readdirSync('/proc')) ?? []) {
    if (!/^\d+$/.test(pid) || sessionOf(pid) !== session) continue
    for (const fd of attempt(() => readdirSync(`/proc/${pid}/fd`)) ?? []) {
      const descriptor = `/proc/${pid}/fd/${fd}`
      const inode = /^socket:\[(\d+)\]$/.exec(attempt(() => readlinkSync(descriptor)) ?? '')?.[1]
      if (inode !== undefined) holders.set(inode, descriptor)
    }
  }
  return holders
}

/** Reads the fields after the name, which may contain spaces and brackets: state, parent, group, session. */
function sessionOf(pid: string): number | undefined {
  const stat = attempt(() => readFileSync(`/proc/${pid}/stat`, 'latin1'))
  return stat === undefined ? undefined : Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[3])
}

/** Returns `undefined` if the read fails: a process may end at that moment. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
