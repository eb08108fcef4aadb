import { join } from 'node:path'
import { readManifest } from './packed.ts'

/** The bundlers that build for Node. */
export type Bundler = 'esbuild' | 'rolldown'

/**
 * Returns the arguments with which node bundles `input` into `folder`, with a bundler of the consumer `home`. The
 * result is `app.cjs` or `app.mjs`.
 */
export function bundling(
  home: string,
  bundler: Bundler,
  input: string,
  folder: string,
  extension: 'cjs' | 'mjs',
): string[] {
  const modules = join(home, 'node_modules', bundler)
  const binary = join(modules, readManifest(modules).bin?.[bundler] ?? '')
  const format = extension === 'cjs' ? 'cjs' : 'esm'
  return bundler === 'esbuild'
    ? [
        binary,
        input,
        '--bundle',
        '--platform=node',
        `--format=${format}`,
        `--outfile=${join(folder, `app.${extension}`)}`,
        '--log-level=warning',
      ]
    : [
        binary,
        input,
        '--platform',
        'node',
        '--format',
        format,
        '--dir',
        folder,
        '--entry-file-names',
        `app.${extension}`,
      ]
}
