import { existsSync, mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { readProgram } from '../command/program.ts'

/** The supported majors of Node. */
export const MAJORS: readonly string[] = ['20', '22', '24', '26']

/** The major of this process. */
export const currentMajor: string = String(process.versions.node.split('.')[0])

// The binaries are those of the npm package `node`. It is not a dependency, since every fresh clone would wait for its
// 400 MB.
const CACHE = resolve('node_modules/.cache/nodes')

/** Returns the majors that are available: the current one, and those that were installed earlier. */
export function installedMajors(): string[] {
  return MAJORS.filter((major) => major === currentMajor || existsSync(binaryOf(major)))
}

/** Returns the binary of a major, and installs the major if it is missing. */
export function nodeOf(major: string): string {
  if (major === currentMajor) return process.execPath
  const binary = binaryOf(major)
  if (existsSync(binary)) return binary
  console.log(`installing Node ${major}`)
  const prefix = join(CACHE, major)
  mkdirSync(prefix, { recursive: true })
  const install = ['install', '--prefix', prefix, '--no-save', '--no-audit', '--no-fund', '--ignore-scripts=false']
  const npm = readProgram({ command: 'npm', args: [...install, `node@${major}`] }, prefix)
  if (!existsSync(binary)) console.error(npm.stdout, npm.stderr)
  return binary
}

function binaryOf(major: string): string {
  return join(CACHE, major, 'node_modules/node/bin', process.platform === 'win32' ? 'node.exe' : 'node')
}
