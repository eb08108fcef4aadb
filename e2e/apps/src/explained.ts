import type { AppProgram } from './app-program.ts'

/** Adds the program's output to an error, and kills the program. */
export async function explained(program: AppProgram, run: () => Promise<void>): Promise<void> {
  try {
    await run()
  } catch (error) {
    throw new Error(`${error instanceof Error ? error.message : error}\n${program.output.slice(-3000)}`, {
      cause: error,
    })
  } finally {
    program.kill('SIGKILL')
  }
}
