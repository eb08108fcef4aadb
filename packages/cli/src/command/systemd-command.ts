import { closeSync, existsSync, mkdirSync, openSync, readSync, renameSync, writeFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { printable } from '@idle-shutdown/core/tracker'
import { findProgram } from '../run/command/find-program.ts'
import { readSettings } from '../settings.ts'
import type { Arguments } from './arguments.ts'
import { CommandError, wrongUsage } from './command-error.ts'
import { existingDirectory } from './directory.ts'
import { environmentVariables } from './environment-variables.ts'
import { checkEnvironment, idleSettings } from './idle-settings.ts'
import { commandOf, listenAddresses } from './run-arguments.ts'
import { programError } from './system-errors.ts'
import { advice } from './systemd-advice.ts'
import { serviceUnit, socketUnit, type UnitOptions } from './systemd-units.ts'

/**
 * Prints or writes the units for a command.
 *
 * @throws CommandError for a wrong command line, a command to which systemd cannot pass a socket, or a file that exists
 */
export function systemdCommand(args: Arguments): void {
  const folder = args.one('write')
  if (folder === undefined && args.has('force'))
    throw wrongUsage('"--force" must be given with --write. Write --write DIR')
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
  const cwd = existingDirectory('--cwd', args.one('cwd') ?? '.')
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
    `"COMMAND" must be node, or a script whose first line names node, because systemd passes the socket only to the process that it starts. Received '${basename(file)}'. Write the command that ${basename(file)} runs, such as node server.js`,
  )
}

/** Returns an absolute path. Does not follow links, because their targets may change with the next release of Node. */
function found(file: string, cwd: string): string {
  try {
    return resolve(cwd, findProgram(file, process.env['PATH'], cwd))
  } catch (error) {
    throw programError(error)
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
  if (text === undefined) throw wrongUsage('"--name" must be given. Write --name web')
  const name = text.replace(/\.(service|socket)$/, '')
  if (/^\w[\w:.-]{0,199}$/.test(name)) return name
  throw wrongUsage(
    `"--name" must be a name of letters, digits, ':', '-', '_' and '.', with a letter, a digit or '_' first. Received '${text}'`,
  )
}

function write(folder: string, files: readonly [name: string, text: string][], force: boolean): void {
  const targets = files.map(([name, text]) => ({ file: join(resolve(folder), name), text }))
  const there = targets.find(({ file }) => existsSync(file))
  if (there !== undefined && !force)
    throw new CommandError(1, `${there.file} exists already. Write --force to replace it`)
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
