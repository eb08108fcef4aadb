import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { supervisorInfo } from '../../protocol/supervisor-info.ts'

let count = 0
let directory: string | undefined

/** Returns a path for one private socket. On Windows, the name of a pipe. */
export function privatePath(): string {
  const name = `${process.pid}-${++count}`
  if (process.platform === 'win32') return `\\\\.\\pipe\\idle-shutdown-${name}-${Math.random().toString(36).slice(2)}`
  // A supervisor removes its own folder when it ends, however this process ends.
  directory ??= supervisorInfo()?.directory
  if (directory === undefined) {
    const made = mkdtempSync(join(tmpdir(), 'idle-shutdown-'))
    directory = made
    process.once('exit', () => rmSync(made, { recursive: true, force: true }))
  }
  return join(directory, name)
}
