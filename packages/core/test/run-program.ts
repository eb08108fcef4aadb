import { type Ending, endPrograms, Program } from '@idle-shutdown/testing'
import { afterAll } from 'vitest'

/** The built package, which users run. `pnpm test` builds before it tests. */
const CORE = new URL('../dist/index.js', import.meta.url).href

afterAll(endPrograms)

/**
 * Runs the source of an ES module in a process of its own. Resolves when the process ends.
 *
 * The module has `idleShutdown` and `IdleTracker` of the built package.
 */
export async function runProgram(source: string, options: { ipc?: boolean } = {}): Promise<Ending> {
  return Program.module(`import { IdleTracker, idleShutdown } from '${CORE}'\n${source}`, options).ended
}
