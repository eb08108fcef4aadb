import { isIP } from 'node:net'
import type { ListenAddress } from '../listen-address.ts'
import { showListenAddress } from '../listen-address.ts'
import type { IdleEnvironment } from '../settings.ts'
import { wrongUsage } from './command-error.ts'
import { folderValue, plainValue, quotedArgument, quotedExecutable, quotedWord, unitLine } from './systemd-quoting.ts'

/** The validated content of the units. */
export interface UnitOptions {
  readonly name: string
  readonly listen: readonly ListenAddress[]
  /** The absolute path of node. */
  readonly node: string
  /** The URL or path of the preload. */
  readonly preload: string
  /** The arguments after the preload. */
  readonly args: readonly string[]
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
  readonly idle: IdleEnvironment
  /** Milliseconds. `Infinity` means no limit. */
  readonly grace: number
  readonly user: string | undefined
}

/**
 * Returns the text of a .socket unit, which holds the addresses and starts the service.
 *
 * @throws CommandError for an address that systemd does not take
 */
export function socketUnit({ name, listen }: UnitOptions): string {
  return unit({
    Unit: [unitLine('Description', plainValue(`Wakes ${name}.service`), '--name')],
    Socket: listen.map((address) => unitLine('ListenStream', plainValue(listenStream(address)), '--listen')),
    Install: ['WantedBy=sockets.target'],
  })
}

/**
 * Returns the text of a .service unit, which runs the program until it is idle.
 *
 * @throws CommandError `ERR_IDLE_INVALID_UNIT_VALUE` for a value that no unit can hold
 */
export function serviceUnit(options: UnitOptions): string {
  const { name, node, preload, args, cwd, env, idle, grace, user } = options
  const words = [quotedExecutable(node), ...['--import', preload, ...args].map(quotedArgument)]
  // In the name of a cache folder, the part after a colon would be the name of a link to the folder.
  const cache = name.replaceAll(':', '-')
  return unit({
    Unit: [
      unitLine('Description', plainValue(`${name}, which ends when it is not used`), '--name'),
      unitLine('Requires', `${name}.socket`, '--name'),
      unitLine('After', `network.target ${name}.socket`, '--name'),
      '# A start follows each idle end. It must not count as a failure.',
      'StartLimitIntervalSec=0',
    ],
    Service: [
      'Type=exec',
      unitLine('ExecStart', words.join(' '), 'COMMAND'),
      unitLine('WorkingDirectory', folderValue(cwd), '--cwd'),
      ...(user === undefined ? [] : [unitLine('User', plainValue(user), '--user')]),
      ...[...Object.entries(env), ...Object.entries(idle)].map(([variable, value]) =>
        unitLine('Environment', quotedWord(`${variable}=${value}`), '--env'),
      ),
      // Code that Node has compiled is used by the next start, too (Node 22.1 and later). Other versions ignore the
      // variable.
      ...(env['NODE_COMPILE_CACHE'] === undefined
        ? [
            unitLine('CacheDirectory', cache, '--name'),
            unitLine('Environment', `NODE_COMPILE_CACHE=%C/${cache}`, '--name'),
          ]
        : []),
      '# After an end with code 0, the next connection starts it again.',
      'Restart=on-failure',
      'RestartSec=1',
      'KillMode=mixed',
      `TimeoutStopSec=${stopSeconds(grace)}`,
    ],
  })
}

function unit(sections: Readonly<Record<string, readonly string[]>>): string {
  return Object.entries(sections)
    .map(([section, lines]) => [`[${section}]`, ...lines, ''].join('\n'))
    .join('\n')
}

/** Returns the grace, and 5 s for the program's own work at its end. */
function stopSeconds(grace: number): number | 'infinity' {
  return Number.isFinite(grace) ? Math.ceil(grace / 1000) + 5 : 'infinity'
}

/** The longest path of a unix socket, in bytes: `sun_path` of Linux without its terminating NUL. */
const LONGEST_PATH = 107

function listenStream(address: ListenAddress): string {
  if ('path' in address) {
    const { path } = address
    if (!path.startsWith('/') || /\p{Cc}/u.test(path)) {
      throw wrongUsage(`"--listen" must be an absolute path without control characters. Received '${path}'`)
    }
    if (Buffer.byteLength(path) <= LONGEST_PATH) return path
    throw wrongUsage(`"--listen" must be a path of at most ${LONGEST_PATH} bytes. Received '${path}'`)
  }
  const { host, port } = address
  if (host === 'localhost') return `127.0.0.1:${port}`
  if (host !== undefined && isIP(host) === 0) {
    throw wrongUsage(`"--listen" must have an IP address for systemd. Received '${host}'`)
  }
  // systemd expects the interface of a link-local address after the port.
  const [ip, ...zone] = host?.split('%') ?? []
  const shown = showListenAddress({ port, ...(ip !== undefined && { host: ip }) })
  return zone.length === 0 ? shown : `${shown}%${zone.join('%')}`
}
