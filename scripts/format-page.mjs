import { spawnSync } from 'node:child_process'
import process from 'node:process'

/** Formats the text of a page as `pnpm lint` requires. */
export function formatPage(/** @type {string} */ page, /** @type {string} */ text) {
  const biome = spawnSync('biome', ['format', `--stdin-file-path=${page}`], {
    input: text,
    encoding: 'utf8',
    shell: process.platform === 'win32',
  })
  if (biome.status !== 0) throw new Error(`biome: ${biome.error?.message ?? biome.stderr}`)
  return biome.stdout
}
