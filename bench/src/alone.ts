// Measures one wiring at one kind of work in its own process, once for each message: `alone.js SUBJECT WORK LENGTH`.
// Several wirings in one process would also measure recompilation, see `keepChannelsOpen`. The server is wired only
// once.
import { memoryServer, workOn } from './memory-server.ts'
import { type Known, Pace } from './pace.ts'
import { cpuTime } from './rounds.ts'
import { listenersOnly, wirings } from './wirings.ts'
import { isWork } from './work.ts'

/** The response to a message. */
export interface Measured extends Known {
  readonly nanoseconds: number
}

const COUNT = 10_000
/** Windows that are left out, since code is still being compiled (on Node 26 until the fourteenth). */
const WARM_UP = 24

const [subject, work = '', length] = process.argv.slice(2)
const wiring = [...wirings, listenersOnly].find((each) => each.subject === subject)
if (wiring === undefined || !isWork(work)) throw new Error(`no such thing: ${subject}, ${work}`)
const server = memoryServer()
wiring.wire(server)
const run = workOn(server, work)
const count = length === 'quick' ? COUNT / 20 : COUNT
for (let window = 0; window < WARM_UP; window++) nanosecondsPer(count)
const pace = new Pace()
process.on('message', async (known: Known) => {
  pace.known = known
  const nanoseconds = await pace.measured(() => {
    // The first call brings code and data back into the caches, after other processes have evicted them.
    nanosecondsPer(count)
    return nanosecondsPer(count)
  })
  process.send?.({ ...pace.known, nanoseconds } satisfies Measured)
})

function nanosecondsPer(times: number): number {
  const begin = cpuTime()
  run(times)
  return (1000 * (cpuTime() - begin)) / times
}
