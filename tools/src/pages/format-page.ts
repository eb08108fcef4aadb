import { readProgram } from '../command/program.ts'

/** Formats the text of a page as `pnpm lint` requires. */
export function formatPage(page: string, text: string): string {
  const { status, stdout, stderr } = readProgram(
    { command: 'biome', args: ['format', `--stdin-file-path=${page}`] },
    '.',
    text,
  )
  if (status !== 0) throw new Error(`biome: ${stderr}`)
  return stdout
}
