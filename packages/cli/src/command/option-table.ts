import type { IdleEnvironment } from '../settings.ts'

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
    does: 'Holds a port, starts COMMAND on the first connection, and ends it when it is idle.',
    more: [
      'COMMAND is a program in PATH, or a path. No shell is used, except for .cmd and .bat files on Windows. Without `--proxy`, every Node process of COMMAND loads `idle-shutdown/register` first, so it needs no change: its `listen()` takes the held port. `PORT` is set to the first held port, or with `--proxy` to the port of COMMAND. `--env` wins.',
      'Each event is one line on stderr, such as the duration of a cold start. SIGTERM, SIGINT and SIGHUP end COMMAND, which answers its requests, and then idle-shutdown with code 0. COMMAND gets SIGTERM for a SIGHUP. A second signal kills COMMAND.',
      'If COMMAND fails, a connection that waits or arrives starts it again, after a pause of 250 ms that doubles each time. After five failures in a row, waiting connections are refused (HTTP: 502), and so are connections during the next pause. The first connection after the pause starts COMMAND again.',
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
      'COMMAND is `node` with its arguments, or a script whose first line names node. `npm start` does not work, because systemd passes the socket only to the process that it starts.',
      'The SIGTERM listeners of the program are called at an idle end. Without them, the program must end by itself once everything is closed, or be ended by `--env IDLE_EXIT=force`.',
      'The units keep compiled code in a cache folder of the service, so that later starts are faster (Node 22 and later).',
      'The units are printed on stdout, or with `--write` the names of their files. The next steps are printed on stderr. A changed unit takes effect after `systemctl daemon-reload`. Enable the socket, and not the service: `systemctl enable --now NAME.socket`.',
      'The service needs the preload at its present path. If this path is in the cache of npx, `pnpm dlx` or bunx, a warning on stderr says so. Install idle-shutdown in a lasting place, and call it there.',
      'systemd reads each value unchanged. A value that no unit can hold, such as a line break in the name of a folder, is refused (`ERR_IDLE_INVALID_UNIT_VALUE`).',
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
    does: 'The address to hold: PORT, HOST:PORT, [IPV6]:PORT, or the path of a unix socket. May be given several times.',
    more: 'A path has a slash in it (on Windows, the name of a pipe). A unix socket that a killed supervisor left is replaced, and any other file is left alone. COMMAND must listen on these ports itself. If there is only one, and no server listens on it for 2 seconds, another server of COMMAND takes it.',
    of: BOTH,
  },
  {
    name: 'patience',
    value: DURATION,
    setting: 'IDLE_PATIENCE',
    default: '15m',
    does: 'The idle timeout: how long COMMAND may be unused before it ends, such as 90s, 15m, 2h, or Infinity for never.',
    of: BOTH,
  },
  {
    name: 'startup-patience',
    value: DURATION,
    setting: 'IDLE_STARTUP_PATIENCE',
    default: 'the patience',
    does: 'The patience until the first use.',
    of: BOTH,
  },
  {
    name: 'grace',
    value: DURATION,
    setting: 'IDLE_GRACE',
    default: '10s',
    does: 'The longest drain. Connections that are open after it are cut.',
    more: 'At an idle end, the SIGTERM listeners of a Node COMMAND are called once everything is closed. They have what is left of the grace to end COMMAND, which is then ended by force. A COMMAND without such listeners has half a second.',
    of: BOTH,
  },
  {
    name: 'activity',
    value: 'WHAT',
    setting: 'IDLE_ACTIVITY',
    default: 'connections',
    does: 'What counts as activity: connections, or only requests.',
    of: BOTH,
  },
  {
    name: 'upgrades',
    value: 'HOW',
    setting: 'IDLE_UPGRADES',
    default: 'open',
    does: 'When a WebSocket counts: while it is open, while bytes move (traffic), or never (ignore).',
    of: BOTH,
  },
  {
    name: 'streams',
    value: 'HOW',
    setting: 'IDLE_STREAMS',
    default: 'open',
    does: 'When a response that stays open counts: while it is open, while bytes move (traffic), or never (ignore).',
    more: 'Such a response has begun, and has no declared length: server-sent events, the GET stream of an MCP client, a log that is followed. A download of a declared length counts until it is sent.',
    of: BOTH,
  },
  {
    name: 'ignore',
    value: 'REQUESTS',
    multiple: true,
    setting: 'IDLE_IGNORE',
    does: 'Requests that do not count: /path, /pattern/, user-agent:TEXT, separated by commas. May be given several times.',
    more: 'Write a backslash before a comma that belongs to a pattern.',
    of: BOTH,
  },
  {
    name: 'ready-timeout',
    value: DURATION,
    default: '60s',
    does: 'The time in which COMMAND must listen on an address. After it, COMMAND is killed, which counts as a failure.',
    of: ['run'],
  },
  {
    name: 'max-queue',
    value: 'COUNT',
    default: '1000',
    does: 'The number of connections that may wait while COMMAND starts. Further ones are refused (HTTP: 503).',
    of: ['run'],
  },
  {
    name: 'proxy',
    value: 'PORT',
    does: 'The port of 127.0.0.1 or ::1 to which connections are piped, for a COMMAND that is not Node or binds it itself.',
    more: 'It needs exactly one `--listen`. COMMAND is not started while another process has the port.',
    of: ['run'],
  },
  {
    name: 'env',
    value: 'NAME=VALUE',
    multiple: true,
    does: 'A variable for COMMAND. May be given several times.',
    more: 'With `run`, COMMAND also has the variables of idle-shutdown. A systemd service has only these, and those that systemd sets. All users of the machine can read a unit, so do not put secrets into it. Use `--env` for a setting of the preload that has no option, such as `--env IDLE_EXIT=natural`.',
    of: BOTH,
  },
  {
    name: 'cwd',
    value: 'DIR',
    default: 'the current folder',
    does: 'The folder in which COMMAND runs.',
    of: BOTH,
  },
  {
    name: 'status',
    value: 'ADDRESS',
    does: 'The address of a page about COMMAND, with the same as JSON at /status.json.',
    more: 'A port without a host is opened on 127.0.0.1 only, and a path for its own user only. A viewer sees the command line, with secrets in its arguments, and the methods and paths of requests in progress, without their queries. With port 0 the system chooses a port. The address is printed at the start. A request whose `Host` has a dot is refused (403), unless it is an IP address, the host given here, or ends with .localhost. The page does not wake COMMAND, and does not keep it awake.',
    of: ['run'],
  },
  {
    name: 'json',
    does: 'Prints each event as a line of JSON on stdout. The output of COMMAND goes to stderr.',
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
    does: 'The user that runs the service. By default, a system service runs as root.',
    of: ['systemd'],
  },
  {
    name: 'write',
    value: 'DIR',
    does: 'Writes the units into this folder instead of printing them. A unit that exists already is an error.',
    of: ['systemd'],
  },
  {
    name: 'force',
    does: 'With --write: replaces units that exist already.',
    of: ['systemd'],
  },
  {
    name: 'help',
    short: 'h',
    does: 'Prints this help.',
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
