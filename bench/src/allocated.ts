// Prints the bytes of heap that each request allocates, without a garbage collection in between. Usage:
// `node --expose-gc --min-semi-space-size=128 --max-semi-space-size=128 allocated.js SUBJECT WORK`. Bare Node includes
// the messages that it makes for subscribers of its channels. Everything above that is allocated by the subject.
import { subscribe } from 'node:diagnostics_channel'
import { argv, memoryUsage } from 'node:process'
import { memoryServer, REQUEST_START, RESPONSE_FINISH, workOn } from './memory-server.ts'
import { wirings } from './wirings.ts'
import { isWork } from './work.ts'

const COUNT = 20_000

const [, , subject, work = ''] = argv
const wiring = wirings.find((each) => each.subject === subject)
if (wiring === undefined || !isWork(work)) throw new Error(`no such thing: ${subject}, ${work}`)
let kept: unknown
const server = memoryServer()
for (const name of [REQUEST_START, RESPONSE_FINISH]) subscribe(name, keep)
wiring.wire(server)
const run = workOn(server, work)
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
