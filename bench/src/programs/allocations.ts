// Prints the bytes of heap that each request allocates, without a garbage collection in between. Usage:
// `node --expose-gc --min-semi-space-size=128 --max-semi-space-size=128 allocations.js SUBJECT WORK`. Bare Node
// includes the messages that it makes for subscribers of its channels. Everything above that is allocated by the
// subject.
import { subscribe } from 'node:diagnostics_channel'
import { argv, memoryUsage } from 'node:process'
import { memoryServer, REQUEST_START, RESPONSE_FINISH, repeat } from '../subjects/memory-server.ts'
import { subjects } from '../subjects/subjects.ts'
import { isWorkload } from '../subjects/workloads.ts'

const COUNT = 20_000

const [, , wanted, work = ''] = argv
const subject = subjects.find(({ name }) => name === wanted)
if (subject === undefined || !isWorkload(work)) throw new Error(`No subject ${wanted}, or no workload ${work}`)
let kept: unknown
const server = memoryServer()
for (const name of [REQUEST_START, RESPONSE_FINISH]) subscribe(name, keep)
subject.prepare(server)
const run = repeat(server, work)
for (let times = 0; times < 5; times++) run(COUNT)
globalThis.gc?.()
const before = memoryUsage().heapUsed
run(COUNT)
const bytes = (memoryUsage().heapUsed - before) / COUNT
process.stdout.write(String(bytes))
setImmediate(() => process.exit(kept === undefined ? 1 : 0))

/** Keeps each message. Optimized code would otherwise not allocate it. */
function keep(message: unknown): void {
  kept = message
}
