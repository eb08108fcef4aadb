// Installs large packages that few users need (other versions of Node, Deno, Bun, old frameworks). They are not
// dependencies, since every fresh clone would wait for them. Each set is installed on first use, into its own folder of
// the cache.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import process from 'node:process'

const CACHE = resolve('node_modules/.cache/on-demand')

/**
 * Installs packages (`name@version`, the version exact or a range) unless they are already there. Returns the folder
 * that holds their node_modules.
 *
 * @param {string} name the name of the set, in the cache and in messages
 * @param {readonly string[]} packages
 * @param {{ scripts?: boolean }} [options] `scripts` runs install scripts. Default: false
 */
export function install(name, packages, { scripts = false } = {}) {
  const folder = join(CACHE, name)
  mkdirSync(folder, { recursive: true })
  // npm needs this manifest: the folder is not part of the workspace.
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n')
  installIn(folder, packages.join(' '), packages, scripts)
  return folder
}

/**
 * Installs the packages of a folder's package.json or of further arguments, unless node_modules already has this stamp.
 */
export function installIn(
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

/** Returns the path of a program from the `bin` of a package in such a folder. */
export function binaryOf(/** @type {string} */ folder, /** @type {string} */ name) {
  return join(folder, 'node_modules/.bin', process.platform === 'win32' ? `${name}.cmd` : name)
}

/** Returns the version of a package in such a folder. */
export function versionOf(/** @type {string} */ folder, /** @type {string} */ name) {
  return JSON.parse(readFileSync(join(folder, 'node_modules', name, 'package.json'), 'utf8')).version
}
