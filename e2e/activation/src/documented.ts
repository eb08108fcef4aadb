import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './workplace.ts'

const PAGE = 'docs/socket-activation.md'

/**
 * The units, configs and programs that the page shows: by the path that the first line of each block names in a comment.
 * What people copy is what the tests load.
 */
export function documented(): ReadonlyMap<string, string> {
  const page = readFileSync(join(ROOT, PAGE), 'utf8')
  return new Map(
    [...page.matchAll(/^```\w*\n(?:#|\/\/) (\/[^\n]+)\n(.*?)^```$/gms)].map(([, path = '', text = '']) => [path, text]),
  )
}

/** What of a documented file is another one here. */
export interface Here {
  /** In the place of port 3000. */
  readonly port?: number
  /** In the place of port 3001. */
  readonly each?: number
}

/**
 * A documented file, with the ports of a test and the Node that runs it.
 *
 * @throws when the page does not show it
 */
export function documentedFile(path: string, { port = 3000, each = 3001 }: Here = {}): string {
  const text = documented().get(path)
  if (text === undefined) throw new Error(`${PAGE} has no block that begins with '# ${path}'`)
  return text
    .replaceAll(/\b300[01]\b/g, (shown) => `${shown === '3000' ? port : each}`)
    .replaceAll('/usr/bin/node', '/run/node')
}
