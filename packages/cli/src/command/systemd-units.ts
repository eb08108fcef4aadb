import { isIP } from 'node:net'
import type { IdleEnvironment } from '../register/settings.ts'
import type { ListenAddress } from '../run/run-options.ts'
import { wrongUsage } from './command-error.ts'
import { showListenAddress } from './listen-address.ts'
import { plainValue, quotedArgument, quotedWord } from './systemd-quoting.ts'

/** What the units are made from, checked. */
export interface UnitOptions {
  readonly name: string
  readonly listen: readonly ListenAddress[]
  /** Absolute path of node. */
  readonly node: string
  /** URL or path of the preload. */
  readonly preload: string
  /** What follows the preload. */
  readonly args: readonly string[]
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
  readonly idle: IdleEnvironment
  /** Milliseconds; `Infinity`: no limit. */
  readonly grace: number
  readonly user: string | undefined
}

/** The text of a .socket unit, which holds the addresses and starts the service. */
export function socketUnit({ name, listen }: UnitOptions): string {
  return unit({
    Unit: [`Description=${plainValue(`Wakes ${name}.service`)}`],
    Socket: listen.map((address) => `ListenStream=${listenStream(address)}`),
    Install: ['WantedBy=sockets.target'],
  })
}

/** The text of a .service unit, which runs the program until it is idle. */
export function serviceUnit(options: UnitOptions): string {
  const { name, node, preload, args, cwd, env, idle, grace, user } = options
  const words = [quotedWord(node), ...['--import', preload, ...args].map(quotedArgument)]
  return unit({
    Unit: [
      `Description=${plainValue(`${name}, which ends when nobody uses it`)}`,
      `Requires=${name}.socket`,
      `After=network.target ${name}.socket`,
      '# Each end because of idleness is followed by a start: these are no failures to be counted.',
      'StartLimitIntervalSec=0',
    ],
    Service: [
      'Type=exec',
      `ExecStart=${words.join(' ')}`,
      `WorkingDirectory=${plainValue(cwd)}`,
      ...(user === undefined ? [] : [`User=${plainValue(user)}`]),
      ...[...Object.entries(env), ...Object.entries(idle)].map(
        ([variable, value]) => `Environment=${quotedWord(`${variable}=${value}`)}`,
      ),
      // What Node 22.1 and later has compiled serves the next start, too. Others ignore it.
      ...(env['NODE_COMPILE_CACHE'] === undefined
        ? [`CacheDirectory=${name}`, `Environment=NODE_COMPILE_CACHE=%C/${name}`]
        : []),
      '# Not always: an end with code 0 waits for the next connection.',
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

/** The grace, and a little for what the program itself does at its end. */
function stopSeconds(grace: number): number | 'infinity' {
  return Number.isFinite(grace) ? Math.ceil(grace / 1000) + 5 : 'infinity'
}

function listenStream(address: ListenAddress): string {
  if ('path' in address) {
    if (address.path.startsWith('/') && !/\p{Cc}/u.test(address.path)) return plainValue(address.path)
    throw wrongUsage(`--listen is '${address.path}'; systemd takes absolute paths`)
  }
  const { host, port } = address
  if (host === undefined || isIP(host) !== 0) return showListenAddress(address)
  if (host === 'localhost') return `127.0.0.1:${port}`
  throw wrongUsage(`--listen has the host '${host}'; systemd takes IP addresses`)
}
