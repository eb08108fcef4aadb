import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { rolldown } from 'rolldown'
import type { Benchmark, Row } from './row.ts'

/** What an import weighs, in bytes. */
export interface Size {
  readonly minified: number
  readonly gzipped: number
  /** What is loaded only when it is needed, gzipped: the hints of the warning that the process is still running. */
  readonly lazy: number
}

const CORE = fileURLToPath(new URL('../../packages/core/src/index.ts', import.meta.url))
const ENTRY = 'entry'

/**
 * What `import { … } from '@idle-shutdown/core'` weighs when a bundler has left out what those names do not need, minified and
 * gzipped. `@lukeed/ms`, which is bundled in dist, too, is in it.
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

/** What an import of core weighs. */
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
    row('the hints on what is left running, loaded only then', all.lazy),
  ]
}
