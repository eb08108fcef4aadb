import { join } from 'node:path'
import { Program, type ProgramOptions } from '@idle-shutdown/testing'
import { vi } from 'vitest'
import { commandLine } from '../src/command/command-line.ts'

/** The path of the command as it is installed. */
export const COMMAND: string = join(import.meta.dirname, '../dist/main.js')

/** The output and the exit code of a call. */
export interface Called {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Calls `idle-shutdown` and waits for its end. */
export async function call(
  args: readonly string[],
  options: Pick<ProgramOptions, 'cwd' | 'env'> = {},
): Promise<Called> {
  const { code, stdout, stderr } = await new Program([COMMAND, ...args], options).ended
  return { code, stdout, stderr }
}

/** Calls `idle-shutdown` in this process, which is much faster. For calls that end at once. */
export async function callHere(args: readonly string[]): Promise<Called> {
  let stdout = ''
  let stderr = ''
  const spies = [
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
      stdout += text
      return true
    }),
    vi.spyOn(console, 'error').mockImplementation((line) => {
      stderr += `${line}\n`
    }),
  ]
  try {
    const code = await commandLine(args)
    return { code, stdout, stderr }
  } finally {
    for (const spy of spies) spy.mockRestore()
  }
}
