import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'

/** The built package, which users run. `pnpm test` builds before it tests. */
const CORE = new URL('../dist/index.js', import.meta.url).href

export interface Outcome {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/**
 * Runs the source of an ES module in a process of its own, with this Node. Resolves when the process ends.
 *
 * The module has `idleShutdown` and `IdleTracker` of the built package. A process that does not end is killed after 15
 * seconds.
 */
export async function runProgram(source: string, { ipc = false } = {}): Promise<Outcome> {
  const program = `import { IdleTracker, idleShutdown } from '${CORE}'\n${source}`
  const child: ChildProcess = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'pipe', ...(ipc ? (['ipc'] as const) : [])],
    timeout: 15_000,
    killSignal: 'SIGKILL',
  })
  const { stdout, stderr } = child
  if (stdout === null || stderr === null) throw new Error('The child has no pipes')
  const [out, err] = await Promise.all([text(stdout), text(stderr), once(child, 'exit')])
  return { code: child.exitCode, stdout: out, stderr: err }
}
