// Measures one subject at one kind of work in its own process, once for each message:
// `isolated.js SUBJECT WORK LENGTH`. Several subjects in one process would also measure recompilation, see
// `keepChannelsOpen`. The server is prepared only once.

import { type Calibration, FullSpeed } from '../measure/full-speed.ts'
import { cpuTime } from '../measure/rounds.ts'
import { memoryServer, repeat } from '../subjects/memory-server.ts'
import { listenersOnly, subjects } from '../subjects/subjects.ts'
import { isWorkload } from '../subjects/workloads.ts'

/** The response to a message. */
export interface IsolatedResult extends Calibration {
  readonly nanoseconds: number
}

const COUNT = 10_000
/** Windows that are left out, since code is still being compiled (on Node 26 until the fourteenth). */
const WARM_UP = 24

const [wanted, work = '', length] = process.argv.slice(2)
const subject = [...subjects, listenersOnly].find(({ name }) => name === wanted)
if (subject === undefined || !isWorkload(work)) throw new Error(`No subject ${wanted}, or no workload ${work}`)
const server = memoryServer()
subject.prepare(server)
const run = repeat(server, work)
const count = length === 'quick' ? COUNT / 20 : COUNT
for (let window = 0; window < WARM_UP; window++) nanosecondsPer(count)
const fullSpeed = new FullSpeed()
process.on('message', async (calibration: Calibration) => {
  fullSpeed.calibration = calibration
  const nanoseconds = await fullSpeed.measured(() => {
    // The first call brings code and data back into the caches, after other processes have evicted them.
    nanosecondsPer(count)
    return nanosecondsPer(count)
  })
  process.send?.({ ...fullSpeed.calibration, nanoseconds } satisfies IsolatedResult)
})

function nanosecondsPer(times: number): number {
  const begin = cpuTime()
  run(times)
  return (1000 * (cpuTime() - begin)) / times
}
