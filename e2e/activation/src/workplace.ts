import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Service } from './supervisor.ts'

/** The workspace. */
export const ROOT: string = join(import.meta.dirname, '../../..')

/** This package: its programs and scripts. */
export const HERE: string = join(import.meta.dirname, '..')

/** A temporary folder in which a supervisor and its server live. */
export class Workplace {
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

  /** Makes the folder `web`, with the `server.js` that the units and configs of the page start. */
  write(files: Readonly<Record<string, string>>): void {
    for (const [name, text] of Object.entries(files)) writeFileSync(this.path(name), text)
  }

  read(name: string): string {
    return existsSync(this.path(name)) ? readFileSync(this.path(name), 'utf8') : ''
  }

  /** How often the server has told that it started. */
  starts(): number {
    return this.read('output').match(/^started /gm)?.length ?? 0
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/**
 * A `server.js` that is one of our programs. It tells of its start and its end to `log`, else to its standard output.
 *
 * @param root where it finds the workspace
 */
export function serverFile({ framework, ...service }: Service, root: string, log?: string): string {
  const settings = { ...service, ...(log !== undefined && { log }) }
  return `import { serve } from '${root}/e2e/activation/programs/${framework}.js'\nawait serve(${JSON.stringify(settings)})\n`
}
