import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { install } from './install.ts'
import type { Packed } from './packed.ts'

/**
 * The majors that a consumer has. `now` has the newest types of Node, and `before` has the first of Node 20's.
 * `oldest-types` has the frameworks of `now` for compilers that cannot read the newest types of Node.
 *
 * With Express 5 and Koa 3 side by side, npm would install Express's `content-disposition` 2, whose types `@types/koa`
 * cannot use. So their package.json names Koa's version.
 */
export type Majors = 'now' | 'before' | 'oldest-types'

const programs = join(import.meta.dirname, 'programs')

/**
 * Installs a consumer with these majors, all of our packages, and the programs. Consecutive test files share it.
 * Returns its folder.
 */
export async function consumer(temp: string, packed: readonly Packed[], majors: Majors): Promise<string> {
  const folder = join(temp, majors)
  // npm writes this file last.
  if (existsSync(join(folder, 'node_modules/.package-lock.json'))) return folder
  await install(folder, packed, dependenciesIn(join(import.meta.dirname, 'majors', majors)))
  cpSync(programs, folder, { recursive: true })
  return folder
}

/** Returns the compilers by name, each with the file that starts it. They are installed once, and kept. */
export async function compilers(): Promise<ReadonlyMap<string, string>> {
  const dependencies = dependenciesIn(join(import.meta.dirname, 'compilers'))
  const hash = createHash('sha256').update(JSON.stringify(dependencies)).digest('hex').slice(0, 16)
  const cache = join(import.meta.dirname, '../../node_modules/.cache/compilers')
  const folder = join(cache, hash)
  if (!existsSync(folder)) {
    // Builds under a temporary name until the installation is complete.
    const building = join(cache, `${hash}-${process.pid}`)
    mkdirSync(building, { recursive: true })
    await install(building, [], dependencies)
    rmSync(folder, { recursive: true, force: true })
    renameSync(building, folder)
  }
  return new Map(Object.keys(dependencies).map((name) => [name, join(folder, 'node_modules', name, 'bin/tsc')]))
}

function dependenciesIn(folder: string): Record<string, string> {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).dependencies
}
