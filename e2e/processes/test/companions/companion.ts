import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Program } from '@idle-shutdown/testing'
import { afterAll, type TestContext } from 'vitest'

const e2e = join(import.meta.dirname, '../../..')
/**
 * Options of a server that waits an hour for its first client, even on a busy machine, and a short time after its last.
 */
export const UNHURRIED = `'500ms', startupPatience: '1h'`
/** Options of a server that gets no request. */
export const UNCALLED = `'1s'`
/** Options of a server that only a signal ends. */
export const PATIENT = `'1h'`
/** Milliseconds: longer than the patience of a server with requests. */
export const LONGER = 1000
/** The longest time (ms) that a program may take. Larger frameworks start slowly on a busy machine. */
export const LIMIT = 120_000
const sayPort = pathToFileURL(join(e2e, 'processes/programs/say-port.js')).href

/** The folder of the larger companions, once `pnpm companions` has installed them. */
export const onDemand: string = join(e2e, 'on-demand')

/** Skips a test of the larger companions if they are not installed, or are those of an older checkout. */
export function needsOnDemand({ skip }: Pick<TestContext, 'skip'>): void {
  const stamp = join(onDemand, 'node_modules/installed.txt')
  skip(!existsSync(stamp), 'the larger companions are not installed: pnpm companions')
  const { dependencies } = JSON.parse(readFileSync(join(onDemand, 'package.json'), 'utf8'))
  const isCurrent = readFileSync(stamp, 'utf8') === JSON.stringify(dependencies)
  skip(!isCurrent, 'the larger companions are those of an older checkout: pnpm companions')
}

/**
 * Returns the program that a page shows under a heading, with another patience (and further options) and any free port.
 */
export function snippet(heading: string, patience: string, language = 'js', page = 'companions.md'): string {
  const [, section] = readFileSync(join(e2e, '../docs', page), 'utf8').split(`\n### ${heading}\n`)
  const code = section && new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, 's').exec(section.split(/\n##/)[0] ?? '')?.[1]
  if (code === undefined) throw new Error(`docs/${page} has no ${language} under “${heading}”`)
  return code.replace(`'15m'`, patience).replace(/\b3000\b/, '0')
}

// `onTestFinished` of vitest belongs to the last of the tests that run at once, and that one may end first.
const folders: string[] = []
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

/**
 * Creates a folder, in which a program's imports resolve. The folder is removed after the last test of the file.
 */
export function makeFolder(root: string = e2e, parent = '.snippets'): string {
  mkdirSync(join(root, parent), { recursive: true })
  const folder = mkdtempSync(join(root, parent, 'companion-'))
  folders.push(folder)
  return folder
}

/** Starts the program that docs/companions.md shows under a heading. It prints the port of each of its servers. */
export function startCompanion(heading: string, patience: string, root: string = e2e): Program {
  return startProgram(snippet(heading, patience), root)
}

/** Starts a program from its text. It prints the port of each of its servers. */
export function startProgram(text: string, root: string = e2e, env: NodeJS.ProcessEnv = {}): Program {
  const file = join(makeFolder(root), 'server.mjs')
  writeFileSync(file, text)
  return new Program(['--import', sayPort, file], { limit: LIMIT, env })
}

/** Returns the address of such a program. */
export async function addressOf(program: Program): Promise<{ host: string; port: number }> {
  return { host: '127.0.0.1', port: await program.port() }
}
