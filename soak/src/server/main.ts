// Runs a server that ends for lack of use many times in one process: `main.js SUBJECT PATIENCE`. After its last cycle,
// the process must end by itself.
import { setImmediate as turn } from 'node:timers/promises'
import type { FromServer } from '../ledger/report.ts'
import { subjects } from '../subjects/subjects.ts'
import { type ListeningServer, serveOnce } from './serve-once.ts'
import { Turns } from './turns.ts'

const [name, patience] = process.argv.slice(2)
const subject = subjects.find((subject) => subject.name === name)
if (subject === undefined) throw new Error(`No subject is called ${name}`)

const turns = new Turns()
let server: ListeningServer | undefined
let last = false

process.on('message', (message) => {
  if (message === 'close') server?.close()
  if (message === 'last') last = true
  if (message === 'explain') send({ kind: 'explanation', text: server?.explain() ?? 'between two cycles' })
})
// Without its parent, the process has no reader for its messages.
process.once('disconnect', () => process.exit(1))
// A 'message' listener keeps the channel referenced, and with it the process alive.
process.channel?.unref()

for (let count = 0; !last; count++) {
  // Neither a stalled HTTP/2 session nor the grace keeps a process alive. This interval does until the cycle has ended.
  const waiting = setInterval(() => {}, 60_000)
  server = await serveOnce(subject, { patience: Number(patience), turns, count })
  send({ kind: 'listening', address: server.address })
  const report = await server.closed
  server = undefined
  clearInterval(waiting)
  // Objects closed in this turn become garbage in the next turns.
  for (let times = 0; times < 3; times++) {
    await turn()
    globalThis.gc?.()
  }
  send({ kind: 'closed', report: { ...report, heap: process.memoryUsage().heapUsed } })
}

function send(message: FromServer): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => {})
}
