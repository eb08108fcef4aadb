import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Service } from './supervisor.ts'

/** The folder of the workspace. */
export const ROOT: string = join(import.meta.dirname, '../../..')

/** The folder of this project, with its programs and scripts. */
export const HERE: string = join(import.meta.dirname, '..')

/** A temporary folder for a supervisor and its server. */
export class TempFolder {
  readonly folder: string = mkdtempSync(join(tmpdir(), 'idle-shutdown-'))

  constructor() {
    // Servers run as other users.
    chmodSync(this.folder, 0o755)
    mkdirSync(this.path('web'))
    writeFileSync(this.path('web/package.json'), '{ "type": "module" }\n')
    writeFileSync(this.path('output'), '')
    chmodSync(this.path('output'), 0o666)
  }

  path(...names: string[]): string {
    return join(this.folder, ...names)
  }

  /** Writes files of the folder, such as the `server.js` that the page's units and configs start. */
  write(files: Readonly<Record<string, string>>): void {
    for (const [name, text] of Object.entries(files)) writeFileSync(this.path(name), text)
  }

  read(name: string): string {
    return existsSync(this.path(name)) ? readFileSync(this.path(name), 'utf8') : ''
  }

  /** Returns how many times the server has logged a start. */
  starts(): number {
    return this.read('output').match(/^started /gm)?.length ?? 0
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/**
 * Returns a `server.js` that runs one of our programs. It logs its start and its end to `log`, or to standard output.
 *
 * @param root the path of the workspace, as the server sees it
 */
export function serverFile({ framework, ...service }: Service, root: string, log?: string): string {
  const settings = { ...service, ...(log !== undefined && { log }) }
  return `import { serve } from '${root}/e2e/supervisors/programs/${framework}.js'\nawait serve(${JSON.stringify(settings)})\n`
}
