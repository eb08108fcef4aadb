import type { IdleEnvironment } from '../register/settings.ts'

/** The name of a subcommand. */
export type Subcommand = 'run' | 'systemd'

/** One option. Parsing, `--help` and docs/cli.md are made from it. */
export interface Option {
  readonly name: string
  readonly short?: string
  /** The placeholder of its value in the help. An option without one is a flag. */
  readonly value?: string
  /** Set if the option may be given several times. */
  readonly multiple?: true
  /** The setting of the preload that the option sets. */
  readonly setting?: keyof IdleEnvironment
  readonly default?: string
  /** The effect of the option, in one line. */
  readonly does: string
  /** More text for the page. */
  readonly more?: string
  readonly of: readonly Subcommand[]
}

/** One subcommand. */
export interface SubcommandText {
  readonly name: Subcommand
  readonly usage: string
  readonly does: string
  readonly more: readonly string[]
  readonly examples: readonly string[]
}

export const SUBCOMMANDS: readonly SubcommandText[] = [
  {
    name: 'run',
    usage: 'idle-shutdown run --listen ADDRESS [OPTIONS] -- COMMAND [ARGUMENTS]',
    does: 'Holds a port, starts COMMAND on the first connection, and lets it go when nobody uses it.',
    more: [
      'COMMAND is a program in PATH or a path; no shell is involved, but for .cmd and .bat files on Windows. Without `--proxy`, every Node process in it is preloaded with `idle-shutdown/register`, so that it needs no change: its `listen()` takes the held port. `PORT` is set to the first port that is held, with `--proxy` to that of COMMAND, and `--env` wins.',
      'Events are printed on stderr, a line each, among them how long each cold start took. SIGTERM, SIGINT and SIGHUP end COMMAND, which answers what it has, and then idle-shutdown with code 0. COMMAND gets SIGTERM for a SIGHUP. A second signal kills COMMAND.',
      'A COMMAND that fails is started again for connections that wait or arrive, after a pause of 250 ms, which doubles each time. After five failures in a row those who wait are refused (HTTP: 502), and so are those who arrive in the next pause. The first connection after the pause tries again.',
    ],
    examples: [
      'idle-shutdown run --listen 3000 -- npm start',
      'idle-shutdown run --listen 127.0.0.1:3000 --listen /run/web.sock --patience 5m -- node server.js',
      'idle-shutdown run --listen 8080 --proxy 5000 -- python3 app.py',
    ],
  },
  {
    name: 'systemd',
    usage: 'idle-shutdown systemd --name NAME --listen ADDRESS [OPTIONS] -- COMMAND [ARGUMENTS]',
    does: 'Prints the .socket and .service units with which systemd does the same.',
    more: [
      'COMMAND is `node` with its arguments, or a script whose first line names node: systemd gives the socket to the very process that it starts, so that `npm start` would not receive it.',
      'A start is quicker where Node has compiled before: the units keep that in a cache folder of the service (Node 22 and later).',
      'stdout has the units, or with `--write` the names of their files. What to do next is printed on stderr. A changed unit counts after `systemctl daemon-reload`. Enable the socket, and not the service: `systemctl enable --now NAME.socket`.',
      'The service needs the preload where it is now: a warning on stderr says so if that is the cache of npx, `pnpm dlx` or bunx. Install idle-shutdown where it stays, and call it there.',
      'Values are written so that systemd reads them as they are. What no unit can hold, such as a line break in the name of a folder, is refused (`ERR_IDLE_INVALID_UNIT_VALUE`).',
    ],
    examples: [
      'idle-shutdown systemd --name web --listen 3000 -- node server.js',
      'idle-shutdown systemd --name web --listen 3000 --write /etc/systemd/system -- node server.js',
    ],
  },
]

const BOTH = ['run', 'systemd'] as const
const DURATION = 'DURATION'

export const OPTIONS: readonly Option[] = [
  {
    name: 'listen',
    short: 'l',
    value: 'ADDRESS',
    multiple: true,
    does: 'What is held: PORT, HOST:PORT, [IPV6]:PORT, or the path of a unix socket. May be given several times.',
    more: 'A path has a slash in it (on Windows, the name of a pipe). A unix socket that is left over is replaced, and any other file is left alone. COMMAND has to listen on these ports itself. If there is only one, and nothing listens on it for 2 seconds, another server of COMMAND is given it.',
    of: BOTH,
  },
  {
    name: 'patience',
    value: DURATION,
    setting: 'IDLE_PATIENCE',
    default: '15m',
    does: 'How long nobody may use it before it ends: 90s, 15m, 2h, or Infinity for never.',
    of: BOTH,
  },
  {
    name: 'startup-patience',
    value: DURATION,
    setting: 'IDLE_STARTUP_PATIENCE',
    default: 'the patience',
    does: 'The same, until the first use.',
    of: BOTH,
  },
  {
    name: 'grace',
    value: DURATION,
    setting: 'IDLE_GRACE',
    default: '10s',
    does: 'How long what is in progress may take at the end before it is cut.',
    of: BOTH,
  },
  {
    name: 'activity',
    value: 'WHAT',
    setting: 'IDLE_ACTIVITY',
    default: 'connections',
    does: 'What counts as use: connections, or only requests.',
    of: BOTH,
  },
  {
    name: 'upgrades',
    value: 'HOW',
    setting: 'IDLE_UPGRADES',
    default: 'open',
    does: 'When a WebSocket counts: while it is open, with traffic, or never (ignore).',
    of: BOTH,
  },
  {
    name: 'ignore',
    value: 'REQUESTS',
    multiple: true,
    setting: 'IDLE_IGNORE',
    does: 'Requests that are no use: /path, /pattern/, user-agent:TEXT, with commas between. May be given several times.',
    more: 'A comma that belongs to a pattern has a backslash before it.',
    of: BOTH,
  },
  {
    name: 'ready-timeout',
    value: DURATION,
    default: '60s',
    does: 'How long COMMAND may take until it listens on an address. Then it is killed, which counts as a failure.',
    of: ['run'],
  },
  {
    name: 'max-queue',
    value: 'COUNT',
    default: '1000',
    does: 'How many connections may wait while COMMAND starts. Those beyond are refused (HTTP: 503).',
    of: ['run'],
  },
  {
    name: 'proxy',
    value: 'PORT',
    does: 'Connections are piped to this port of 127.0.0.1 or ::1, for a COMMAND that is not Node or binds it itself.',
    more: 'It takes one `--listen`. COMMAND is not started while another process has the port.',
    of: ['run'],
  },
  {
    name: 'env',
    value: 'NAME=VALUE',
    multiple: true,
    does: 'A variable for COMMAND. May be given several times.',
    more: 'With `run`, COMMAND has the variables of idle-shutdown too; a systemd service has these, and what systemd itself sets. All users of the machine can read a unit: it is no place for secrets. The settings of the preload that have no option here can be given in this way: `--env IDLE_EXIT=natural`.',
    of: BOTH,
  },
  {
    name: 'cwd',
    value: 'DIR',
    default: 'here',
    does: 'The folder in which COMMAND runs.',
    of: BOTH,
  },
  {
    name: 'status',
    value: 'ADDRESS',
    does: 'Serves a page about COMMAND at this address, and the same as JSON at /status.json.',
    more: 'A bare port is opened on 127.0.0.1 only, and a path for its own user only: a viewer sees the command line, secrets in its arguments included, and the methods and paths of requests in progress, without their queries. With port 0 the system chooses one. The address is printed at the start. The page is refused (403) to a viewer who asks by a name with a dot, unless it is the host given here or ends with .localhost. Looking at it wakes nobody, and keeps nobody awake.',
    of: ['run'],
  },
  {
    name: 'json',
    does: 'Prints each event as a line of JSON on stdout. What COMMAND prints goes to stderr.',
    of: ['run'],
  },
  {
    name: 'quiet',
    short: 'q',
    does: 'Prints failures only.',
    of: ['run'],
  },
  {
    name: 'name',
    value: 'NAME',
    does: 'The name of the units, without .socket and .service.',
    of: ['systemd'],
  },
  {
    name: 'user',
    value: 'USER',
    does: 'The user as whom the service runs. Without, a system service is root.',
    of: ['systemd'],
  },
  {
    name: 'write',
    value: 'DIR',
    does: 'Writes the units into this folder, in place of printing them. A unit that is there already is an error.',
    of: ['systemd'],
  },
  {
    name: 'force',
    does: 'With --write: a unit that is there already is replaced.',
    of: ['systemd'],
  },
  {
    name: 'help',
    short: 'h',
    does: 'Prints this.',
    of: BOTH,
  },
  {
    name: 'version',
    short: 'v',
    does: 'Prints the version.',
    of: BOTH,
  },
]

/** Returns the options of a subcommand, in the order of the table. */
export function optionsOf(subcommand: Subcommand): readonly Option[] {
  return OPTIONS.filter((option) => option.of.includes(subcommand))
}
