import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * Creates a folder of its own in the system's folder for temporary files, and returns its path without symbolic links.
 *
 * `cleanUp` receives the function that removes the folder. In a test, pass vitest's `afterAll` or `onTestFinished`.
 */
export function makeTempFolder(cleanUp: (remove: () => void) => unknown): string {
  // The path of a unix socket has at most 107 bytes, so the prefix is short.
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'idle-')))
  // A program that was just killed may still write files there.
  cleanUp(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }))
  return folder
}
