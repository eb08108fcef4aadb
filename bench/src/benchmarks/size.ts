import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { rolldown } from 'rolldown'
import type { Benchmark, Row } from '../measure/row.ts'

/** The size of an import in bytes. */
export interface Size {
  readonly minified: number
  readonly gzipped: number
  /** The gzipped size of code that is loaded on demand: the hints of the warning that the process is still running. */
  readonly lazy: number
}

const CORE = fileURLToPath(new URL('../../../packages/core/src/index.ts', import.meta.url))
const ENTRY = 'entry'

/**
 * Returns the minified and gzipped size of `import { … } from '@idle-shutdown/core'` after a bundler has removed unused
 * code. Includes `@lukeed/ms`, which dist bundles too.
 */
export async function sizeOfCore(names: '*' | readonly string[]): Promise<Size> {
  const imported = names === '*' ? '*' : `{ ${names.join(', ')} }`
  const bundle = await rolldown({
    input: ENTRY,
    platform: 'node',
    plugins: [
      {
        name: ENTRY,
        resolveId: (id) => (id === ENTRY ? id : undefined),
        load: (id) => (id === ENTRY ? `export ${imported} from ${JSON.stringify(CORE)}` : undefined),
      },
    ],
  })
  const { output } = await bundle.generate({ format: 'esm', minify: true })
  await bundle.close()
  const size = { minified: 0, gzipped: 0, lazy: 0 }
  for (const chunk of output) {
    if (chunk.type !== 'chunk') continue
    const gzipped = gzipSync(chunk.code, { level: 9 }).length
    if (chunk.isEntry) {
      size.minified += Buffer.byteLength(chunk.code)
      size.gzipped += gzipped
    } else {
      size.lazy += gzipped
    }
  }
  return size
}

const METRIC = 'bytes, minified and gzipped'

/** Measures the size of an import of core. */
export const size: Benchmark = async () => {
  const all = await sizeOfCore('*')
  const tracker = await sizeOfCore(['IdleTracker'])
  const row = (subject: string, value: number): Row => ({
    group: 'core',
    subject,
    kind: 'ours',
    metric: METRIC,
    value,
    error: 0,
  })
  return [
    row('everything', all.gzipped),
    row('IdleTracker alone', tracker.gzipped),
    row('the hints on what still runs, loaded on demand', all.lazy),
  ]
}
