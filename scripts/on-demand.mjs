// Packages that few need and that are large (other versions of Node, Deno, Bun, old frameworks): no dependencies, as every fresh
// clone would wait for them, but installed when they are first asked for, each set into a folder of its own of the cache.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import process from 'node:process'

const CACHE = resolve('node_modules/.cache/on-demand')

/**
 * Installs packages (`name@version`, the version exact or a range), unless they are there, and gives the folder that holds their
 * node_modules.
 *
 * @param {string} name what the set is called, in the cache and in what is printed
 * @param {readonly string[]} packages
 * @param {{ scripts?: boolean }} [options] whether their install scripts run: no
 */
export function installed(name, packages, { scripts = false } = {}) {
  const folder = join(CACHE, name)
  mkdirSync(folder, { recursive: true })
  // npm's: what it is run in is no part of the workspace.
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n')
  installedIn(folder, packages.join(' '), packages, scripts)
  return folder
}

/** Installs what a folder's package.json or further arguments name, unless node_modules has the stamp of it. */
export function installedIn(
  /** @type {string} */ folder,
  /** @type {string} */ stamp,
  /** @type {readonly string[]} */ packages,
  scripts = false,
) {
  const file = join(folder, 'node_modules/installed.txt')
  if (existsSync(file) && readFileSync(file, 'utf8') === stamp) return
  console.error(`installing into ${relative('.', folder)}`)
  rmSync(join(folder, 'node_modules'), { recursive: true, force: true })
  const npm = spawnSync(
    'npm',
    [
      'install',
      '--no-save',
      '--no-package-lock',
      '--no-audit',
      '--no-fund',
      `--ignore-scripts=${!scripts}`,
      ...packages,
    ],
    { cwd: folder, encoding: 'utf8', shell: process.platform === 'win32' },
  )
  if (npm.status !== 0) throw new Error(`npm install in ${folder} failed:\n${npm.stdout}${npm.stderr}`)
  writeFileSync(file, stamp)
}

/** The path of a program that a package of such a folder has, as `bin` says. */
export function binaryOf(/** @type {string} */ folder, /** @type {string} */ name) {
  return join(folder, 'node_modules/.bin', process.platform === 'win32' ? `${name}.cmd` : name)
}

/** The version of a package of such a folder. */
export function versionOf(/** @type {string} */ folder, /** @type {string} */ name) {
  return JSON.parse(readFileSync(join(folder, 'node_modules', name, 'package.json'), 'utf8')).version
}
