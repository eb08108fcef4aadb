import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Program } from '@idle-shutdown/testing'

/** The preload, as an argument of `--import`. */
export const REGISTER: string = pathToFileURL(join(import.meta.dirname, '../dist/register/index.js')).href

/** Starts a module given as text, with the preload. */
export function preloaded(code: string, env: NodeJS.ProcessEnv = {}): Program {
  return new Program(['--import', REGISTER, '--input-type=module', '--eval', code], { env })
}

/** Starts a program of `programs`, with the preload. */
export function preloadedFile(name: string, env: NodeJS.ProcessEnv = {}, args: readonly string[] = []): Program {
  return new Program(['--import', REGISTER, join(import.meta.dirname, 'programs', name), ...args], { env })
}
