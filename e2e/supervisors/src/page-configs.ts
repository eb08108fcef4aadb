import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './temp-folder.ts'

const PAGE = 'docs/socket-activation.md'

/**
 * Returns the units, configs and programs of the page by their path, which a comment in the first line of each block
 * names. So the tests load exactly what users copy.
 */
export function pageConfigs(): ReadonlyMap<string, string> {
  const page = readFileSync(join(ROOT, PAGE), 'utf8')
  return new Map(
    [...page.matchAll(/^```\w*\n(?:#|\/\/) (\/[^\n]+)\n(.*?)^```$/gms)].map(([, path = '', text = '']) => [path, text]),
  )
}

/** The values that differ from those of the page. */
export interface Here {
  /** Replaces port 3000. */
  readonly port?: number
  /** Replaces port 3001. */
  readonly each?: number
}

/**
 * Returns a documented file, with the ports of a test and the Node that runs the test.
 *
 * @throws if the page does not have it
 */
export function pageConfig(path: string, { port = 3000, each = 3001 }: Here = {}): string {
  const text = pageConfigs().get(path)
  if (text === undefined) throw new Error(`${PAGE} has no block that begins with '# ${path}'`)
  return text
    .replaceAll(/\b300[01]\b/g, (shown) => `${shown === '3000' ? port : each}`)
    .replaceAll('/usr/bin/node', '/run/node')
}
