// The supported Node majors and their binaries, which come from the npm package `node`. That package is not a
// dependency, since every fresh clone would wait for its 400 MB.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import process from 'node:process'

export const MAJORS = ['20', '22', '24', '26']
export const currentMajor = String(process.versions.node.split('.')[0])

const CACHE = resolve('node_modules/.cache/nodes')
const windows = process.platform === 'win32'
const binaryOf = (/** @type {string} */ major) =>
  join(CACHE, major, 'node_modules/node/bin', windows ? 'node.exe' : 'node')

/** Returns the majors that are available: the current one, and those that were installed earlier. */
export function installedMajors() {
  return MAJORS.filter((major) => major === currentMajor || existsSync(binaryOf(major)))
}

/** Returns the binary of a major, and installs the major if it is missing. */
export function nodeOf(/** @type {string} */ major) {
  if (major === currentMajor) return process.execPath
  const binary = binaryOf(major)
  if (existsSync(binary)) return binary
  console.log(`installing Node ${major}`)
  const prefix = join(CACHE, major)
  mkdirSync(prefix, { recursive: true })
  const install = ['install', '--prefix', prefix, '--no-save', '--no-audit', '--no-fund', '--ignore-scripts=false']
  const npm = spawnSync('npm', [...install, `node@${major}`], { cwd: prefix, encoding: 'utf8', shell: windows })
  if (!existsSync(binary)) console.error(npm.stdout, npm.stderr)
  return binary
}
