import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { INSTALLATION } from './debian.ts'
import { inNamespace, ProcessGuard } from './process-guard.ts'
import { missingForNamespaces } from './requirements.ts'
import { HERE, TempFolder } from './temp-folder.ts'

/** The result of a systemd command. */
export interface Outcome {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

const TARGETS = ['sysinit', 'basic', 'sockets', 'multi-user', 'shutdown']

/**
 * A real systemd, as process 1 of its own namespaces. It loads only the units that it is given, and none of the
 * machine's. It shares the machine's network, so its ports are reachable. It also shares the files, except for /run,
 * /srv and /proc.
 *
 * ```ts
 *   await using systemd = await Systemd.start()
 *   await systemd.load({ 'web.socket': '[Socket]…', 'web.service': '[Service]…' })
 *   await systemd.systemctl('start', 'web.socket')
 * ```
 *
 * In its namespaces, /srv/web is `temp.path('web')`, /srv/idle-shutdown is this workspace, and /run/node is the
 * current Node. `output` has what services print, unless their units redirect it.
 */
export class Systemd implements AsyncDisposable {
  readonly temp: TempFolder
  readonly #guard: ProcessGuard
  #first = 0

  /** Returns the reason why systemd cannot run here, or `undefined` if it can. */
  static missing(): string | undefined {
    if (!existsSync('/lib/systemd/systemd')) return `systemd is not installed: ${INSTALLATION}`
    return missingForNamespaces() ?? (cgroups() === undefined ? 'no cgroup2 is mounted' : undefined)
  }

  /** @throws with its output if it does not start */
  static async start(temp: TempFolder = new TempFolder()): Promise<Systemd> {
    const systemd = new Systemd(temp)
    await systemd.#guard.up(async () => {
      systemd.#first = systemd.#guard.first ?? 0
      return systemd.#first > 0 && (await systemd.systemctl('is-active', 'sockets.target')).code === 0
    })
    return systemd
  }

  private constructor(temp: TempFolder) {
    this.temp = temp
    const { folder } = temp
    for (const name of ['units', 'none', 'targets', 'targets/service.d']) mkdirSync(join(folder, name))
    for (const name of TARGETS) {
      writeFileSync(join(folder, 'targets', `${name}.target`), '[Unit]\nDefaultDependencies=no\n')
    }
    // There is no journal in these namespaces.
    writeFileSync(
      join(folder, 'targets/service.d/output.conf'),
      `[Service]\nStandardOutput=append:${folder}/output\nStandardError=append:${folder}/output\n`,
    )
    this.#guard = new ProcessGuard(inNamespace(folder, ['sh', join(HERE, 'systemd.sh'), folder], ['-u', '-i', '-C']), {
      folder,
      cgroup: join(cgroups() ?? '', `idle-shutdown-${process.pid}-${++made}`),
    })
  }

  /** Writes unit files, and drop-ins such as `web.service.d/more.conf`, and lets systemd load them. */
  async load(units: Readonly<Record<string, string>>): Promise<void> {
    for (const [name, text] of Object.entries(units)) {
      const path = this.temp.path('units', name)
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, text)
    }
    await this.must('systemctl', 'daemon-reload')
  }

  /** Calls `systemctl`. Does not throw for a code other than 0, since `is-failed` has many. */
  systemctl(...args: readonly string[]): Promise<Outcome> {
    return this.run('systemctl', ...args)
  }

  /** Returns a property of a unit: `await systemd.property('web.socket', 'Result')`. */
  async property(unit: string, name: string): Promise<string> {
    return (await this.must('systemctl', 'show', '--value', '--property', name, unit)).trim()
  }

  /** Runs a command in systemd's namespaces. */
  run(...command: readonly string[]): Promise<Outcome> {
    return new Promise((resolve) => {
      execFile('nsenter', ['-t', `${this.#first}`, '-a', ...command], (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : Number(error.code ?? 1), stdout, stderr })
      })
    })
  }

  /** @throws if the command's exit code is not 0 */
  async must(...command: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await this.run(...command)
    if (code !== 0) throw new Error(`${command.join(' ')} ended with ${code}: ${stderr}${stdout}\n${this.log}`)
    return stdout
  }

  /** Returns the outside path of a file in the namespaces. */
  outside(path: string): string {
    return `/proc/${this.#first}/root${path}`
  }

  /** The log of systemd. */
  get log(): string {
    return this.temp.read('log') + this.#guard.output
  }

  /** The output of the services. */
  get output(): string {
    return this.temp.read('output')
  }

  /** Kills all processes of the namespaces, and removes the cgroup and the folder. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#guard[Symbol.asyncDispose]()
  }
}

let made = 0

/** Returns the mount point of cgroups of version 2. */
function cgroups(): string | undefined {
  return / (\S+) cgroup2 /.exec(readFileSync('/proc/mounts', 'utf8'))?.[1]
}
