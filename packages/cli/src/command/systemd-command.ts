import { closeSync, existsSync, mkdirSync, openSync, readSync, renameSync, writeFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { printable } from '@idle-shutdown/core/tracker'
import { readSettings } from '../register/settings.ts'
import { findProgram } from '../run/lookup.ts'
import type { Arguments } from './arguments.ts'
import { CommandError, wrongUsage } from './command-error.ts'
import { environmentVariables } from './environment-variables.ts'
import { existingFolder } from './existing-folder.ts'
import { checkEnvironment, idleSettings } from './idle-settings.ts'
import { programRefusal } from './refusal.ts'
import { commandOf, listenAddresses } from './run-arguments.ts'
import { advice } from './systemd-advice.ts'
import { serviceUnit, socketUnit, type UnitOptions } from './systemd-units.ts'

/**
 * Prints or writes the units for a command.
 *
 * @throws CommandError for a wrong command line, a command to which systemd cannot pass a socket, or a file that exists
 */
export function systemdCommand(args: Arguments): void {
  const folder = args.one('write')
  if (folder === undefined && args.has('force')) throw wrongUsage('--force goes with --write')
  const options = unitOptions(args)
  const files: [name: string, text: string][] = [
    [`${options.name}.socket`, socketUnit(options)],
    [`${options.name}.service`, serviceUnit(options)],
  ]
  if (folder === undefined) process.stdout.write(files.map(([name, text]) => `# ${name}\n${text}`).join('\n'))
  else write(folder, files, args.has('force'))
  // On stderr, because stdout has only the units, or the names of their files.
  for (const line of advice(options, folder !== undefined)) console.error(`idle-shutdown: ${printable(line)}`)
}

function unitOptions(args: Arguments): UnitOptions {
  const name = unitName(args.one('name'))
  const listen = listenAddresses(args)
  const command = commandOf(args)
  const env = environmentVariables(args.all('env'))
  const idle = idleSettings(args)
  checkEnvironment(env, idle)
  const cwd = existingFolder('--cwd', args.one('cwd') ?? '.')
  const [file, ...rest] = command
  const path = found(file, cwd)
  return {
    name,
    listen,
    ...program(path, rest, cwd),
    preload: new URL('../register/index.js', import.meta.url).href,
    cwd,
    env,
    idle,
    grace: readSettings({ ...env, ...idle }).grace,
    user: args.one('user'),
  }
}

/** Returns node and its arguments, for a command that is node itself or a script whose first line names node. */
function program(file: string, args: readonly string[], cwd: string): { node: string; args: readonly string[] } {
  if (/^node(\.exe)?$/.test(basename(file))) return { node: file, args }
  if (/^#!.*[ /]node\b/.test(firstBytes(file)) && !/^(npm|npx|pnpm|yarn)$/.test(basename(file))) {
    return { node: found('node', cwd), args: [file, ...args] }
  }
  throw wrongUsage(
    `${basename(file)} is not node: systemd gives the socket to the process that it starts, so give what ${basename(file)} runs, such as node server.js`,
  )
}

/** Returns an absolute path. Does not follow links, because their targets may change with the next release of Node. */
function found(file: string, cwd: string): string {
  try {
    return resolve(cwd, findProgram(file, process.env['PATH'], cwd))
  } catch (error) {
    throw programRefusal(error)
  }
}

function firstBytes(file: string): string {
  const bytes = Buffer.alloc(100)
  const fd = openSync(file, 'r')
  try {
    return bytes.toString('latin1', 0, readSync(fd, bytes))
  } finally {
    closeSync(fd)
  }
}

function unitName(text: string | undefined): string {
  if (text === undefined) throw wrongUsage('no --name is given')
  const name = text.replace(/\.(service|socket)$/, '')
  if (/^\w[\w:.-]{0,199}$/.test(name)) return name
  throw wrongUsage(`--name is '${text}'; accepted are letters, digits and : - _ . after a letter, a digit or _`)
}

function write(folder: string, files: readonly [name: string, text: string][], force: boolean): void {
  const targets = files.map(([name, text]) => ({ file: join(resolve(folder), name), text }))
  const there = targets.find(({ file }) => existsSync(file))
  if (there !== undefined && !force) throw new CommandError(1, `${there.file} is there already; --force replaces it`)
  try {
    mkdirSync(folder, { recursive: true })
    for (const { file, text } of targets) {
      // Written completely or not at all, because systemd may read the file at any moment.
      writeFileSync(`${file}.new`, text)
      renameSync(`${file}.new`, file)
    }
  } catch (error) {
    throw new CommandError(1, `the units cannot be written: ${error instanceof Error ? error.message : error}`)
  }
  for (const { file } of targets) console.log(printable(file))
}
