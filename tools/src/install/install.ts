import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import process from 'node:process'
import { readJson } from '../command/json-value.ts'
import { readProgram } from '../command/program.ts'

const CACHE = resolve('node_modules/.cache/on-demand')

/** An installation in a folder. */
export interface Installation {
  readonly folder: string
  /** Names what is installed. The folder is installed again if this text has changed. */
  readonly stamp: string
  /** Packages beside those of the folder's package.json. */
  readonly packages: readonly string[]
  /** Runs install scripts. Default: false. */
  readonly scripts?: boolean
}

/**
 * Installs large packages that few users need: Deno, Bun, old frameworks. They are not dependencies, since every fresh
 * clone would wait for them. Each set is installed on first use. Returns the folder that holds its node_modules.
 *
 * @param name the name of the set, in the cache and in messages
 * @param packages `name@version`, the version exact or a range
 * @param options `scripts` runs install scripts. Default: false
 */
export function install(name: string, packages: readonly string[], options: { scripts?: boolean } = {}): string {
  const folder = join(CACHE, name)
  mkdirSync(folder, { recursive: true })
  // npm needs this manifest: the folder is not part of the workspace.
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n')
  installIn({ folder, stamp: packages.join(' '), packages, ...options })
  return folder
}

/** Installs the packages, unless node_modules already has the stamp. */
export function installIn({ folder, stamp, packages, scripts = false }: Installation): void {
  const file = join(folder, 'node_modules/installed.txt')
  if (existsSync(file) && readFileSync(file, 'utf8') === stamp) return
  console.error(`installing into ${relative('.', folder)}`)
  rmSync(join(folder, 'node_modules'), { recursive: true, force: true })
  const npm = readProgram({ command: 'npm', args: installArguments(packages, scripts) }, folder)
  if (npm.status !== 0) throw new Error(`npm install in ${folder} failed:\n${npm.stdout}${npm.stderr}`)
  writeFileSync(file, stamp)
}

/** Returns the arguments of npm. */
export function installArguments(packages: readonly string[], scripts: boolean): string[] {
  return [
    ...['install', '--no-save', '--no-package-lock', '--no-audit', '--no-fund', `--ignore-scripts=${!scripts}`],
    ...packages,
  ]
}

/** Returns the path of a program from the `bin` of a package in such a folder. */
export function binaryOf(folder: string, name: string): string {
  return join(folder, 'node_modules/.bin', process.platform === 'win32' ? `${name}.cmd` : name)
}

/** Returns the version of a package in such a folder. */
export function versionOf(folder: string, name: string): string {
  return readJson(join(folder, 'node_modules', name, 'package.json'))
    .get('version')
    .text()
}
