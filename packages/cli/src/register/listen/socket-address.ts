import { fstatSync, readFileSync } from 'node:fs'
import { type AddressInfo, SocketAddress } from 'node:net'
import { endianness } from 'node:os'

/**
 * Returns the address to which the listening socket `fd` of this process is bound, without opening it. Returns
 * `undefined` if the kernel does not list the socket: it is in another network namespace, or this is not Linux.
 *
 * @see https://man7.org/linux/man-pages/man5/proc_pid_net.5.html
 */
export function boundAddress(fd: number): AddressInfo | string | undefined {
  try {
    const inode = String(fstatSync(fd, { bigint: true }).ino)
    // sl local_address rem_address st tx_queue:rx_queue tr:tm->when retrnsmt uid timeout inode …
    for (const table of ['tcp', 'tcp6']) {
      const [, local] = rowOf(table, 9, inode) ?? []
      if (local !== undefined) return tcpAddress(local)
    }
    // Num RefCount Protocol Flags Type St Inode Path
    return rowOf('unix', 6, inode)?.slice(7).join(' ') || undefined
  } catch {
    return undefined
  }
}

function rowOf(table: string, column: number, inode: string): string[] | undefined {
  return readFileSync(`/proc/self/net/${table}`, 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .find((row) => row[column] === inode)
}

/**
 * Parses an address of the table. `0100007F:0BB8` is 127.0.0.1:3000: words of 32 bits in the order of the machine, then
 * the port.
 */
function tcpAddress(text: string): AddressInfo {
  const [hex = '', port = ''] = text.split(':')
  const words = (hex.match(/.{8}/g) ?? []).map((word) => {
    const bytes = word.match(/../g) ?? []
    return endianness() === 'LE' ? bytes.reverse().join('') : word
  })
  const bytes = words.join('')
  const v4 = words.length === 1
  const address = v4
    ? (bytes.match(/../g) ?? []).map((byte) => Number.parseInt(byte, 16)).join('.')
    : new SocketAddress({ address: (bytes.match(/.{4}/g) ?? []).join(':'), family: 'ipv6' }).address
  return { address, family: v4 ? 'IPv4' : 'IPv6', port: Number.parseInt(port, 16) }
}
