import { spawn } from 'node:child_process'
import { join } from 'node:path'
import process from 'node:process'

/** A program of e2e that runs. */
export interface Program {
  /** The output, as soon as there is some. */
  readonly printed: Promise<string>
  readonly ended: Promise<Ended>
}

/** The end of a program. */
export interface Ended {
  /** The exit code, or the signal that ended the program. */
  readonly code: number | string | null
  readonly stdout: string
  readonly stderr: string
}

/**
 * Starts a program of e2e.
 *
 * @param command the runtime and its arguments
 * @param limit the time (ms) after which the program is killed
 */
export function startProgram(
  [file = '', ...args]: readonly string[],
  program: string,
  env: Readonly<Record<string, string>>,
  limit: number,
): Program {
  const child = spawn(file, [...args, join('e2e/processes/programs', program)], {
    env: { ...process.env, ...env, NODE_NO_WARNINGS: '1', NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: limit,
    killSignal: 'SIGKILL',
  })
  let [stdout, stderr] = ['', '']
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const printed = new Promise<string>((resolve) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
      resolve(stdout)
    })
    child.once('close', () => resolve(stdout))
  })
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject).once('close', (code, signal) => resolve({ code: code ?? signal, stdout, stderr }))
  })
  return { printed, ended }
}
