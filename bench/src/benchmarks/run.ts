// Runs one benchmark with this Node: `node run.js NAME LENGTH`. Prints its rows as JSON.

import type { Benchmark, Length } from '../measure/row.ts'
import { drain } from './drain.ts'
import { memory } from './memory.ts'
import { overhead } from './overhead.ts'
import { scale } from './scale.ts'
import { size } from './size.ts'
import { start } from './start.ts'
import { tracker } from './tracker.ts'

const benchmarks: Readonly<Record<string, Benchmark>> = { tracker, overhead, memory, drain, start, scale, size }

const [name = '', length = 'normal'] = process.argv.slice(2)
const benchmark = benchmarks[name]
if (benchmark === undefined)
  throw new Error(`The benchmark must be one of ${Object.keys(benchmarks).join(', ')}. Received '${name}'`)
if (!isLength(length)) throw new Error(`The length must be quick, normal or long. Received '${length}'`)
console.log(JSON.stringify(await benchmark(length)))
// Exits, since a peer may have left handles open.
process.exit()

function isLength(text: string): text is Length {
  return ['quick', 'normal', 'long'].includes(text)
}
