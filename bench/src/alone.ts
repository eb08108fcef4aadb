// Measures one wiring at one kind of work, in a process of its own: `node alone.js SUBJECT WORK LENGTH`. Prints nanoseconds for each.
// In one process with others it would be measured at being compiled: see `keepChannelsOpen`. A server begins to be watched once.
import { memoryServer, workOn } from './memory-server.ts'
import { cpuTime } from './rounds.ts'
import { median } from './statistics.ts'
import { listenersOnly, wirings } from './wirings.ts'
import { isWork } from './work.ts'

const COUNT = 10_000
const WINDOWS = 24
/** Left out: code is still being compiled, on Node 26 until the fourteenth. */
const WARM_UP = 24

const [subject, work = '', length] = process.argv.slice(2)
const wiring = [...wirings, listenersOnly].find((each) => each.subject === subject)
if (wiring === undefined || !isWork(work)) throw new Error(`no such thing: ${subject}, ${work}`)
const server = memoryServer()
wiring.wire(server)
const run = workOn(server, work)
const count = length === 'quick' ? COUNT / 20 : COUNT
const windows = Array.from({ length: WARM_UP + WINDOWS }, () => nanosecondsPer(count))
process.stdout.write(String(median(windows.slice(WARM_UP))))
// What a peer has left open is none of this.
setImmediate(() => process.exit())

function nanosecondsPer(times: number): number {
  const begin = cpuTime()
  run(times)
  return (1000 * (cpuTime() - begin)) / times
}
