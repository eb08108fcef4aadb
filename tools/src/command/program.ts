import { spawnSync } from 'node:child_process'
import process from 'node:process'

/** A command line, and the variables that are added to the environment of this process. */
export interface CommandLine {
  readonly command: string
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

/** The end of a program. */
export interface Ended {
  /** The exit code, or `null` if a signal ended the program or it did not start. */
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Node itself needs no shell. A program of `node_modules/.bin` is a script of the shell on Windows. */
const shellFor = (command: string): boolean => process.platform === 'win32' && command !== process.execPath

/** Runs a program in this terminal. Returns its exit code, or 1 if it has none. */
export function runProgram({ command, args, env }: CommandLine): number {
  const { status } = spawnSync(command, args, {
    stdio: 'inherit',
    env: { ...process.env, ...env },
    shell: shellFor(command),
  })
  return status ?? 1
}

/** Runs a program, and returns its output. Reports a program that does not start in `stderr`. */
export function readProgram({ command, args, env }: CommandLine, cwd = '.', input?: string): Ended {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, ...env },
    shell: shellFor(command),
    maxBuffer: 2 ** 26,
    ...(input !== undefined && { input }),
  })
  return { status, stdout: stdout ?? '', stderr: `${stderr ?? ''}${error?.message ?? ''}` }
}
