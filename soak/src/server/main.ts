import { setImmediate as turn } from 'node:timers/promises'
import type { FromServer } from '../message.ts'
import { subjects } from '../subjects/index.ts'
import { type Living, live } from './live.ts'
import { Turns } from './turns.ts'

// A server that goes idle again and again in one process: `main.js SUBJECT PATIENCE`. After its last life the process has
// nothing left to do, and must end by itself.

const [name, patience] = process.argv.slice(2)
const subject = subjects.find((subject) => subject.name === name)
if (subject === undefined) throw new Error(`No subject is called ${name}`)

const turns = new Turns()
let living: Living | undefined
let last = false

process.on('message', (message) => {
  if (message === 'close') living?.close()
  if (message === 'last') last = true
  if (message === 'explain') send({ kind: 'explanation', text: living?.explain() ?? 'between two lives' })
})
// Without the one that started it, nobody waits for what it says.
process.once('disconnect', () => process.exit(1))
// Listening would keep the process alive.
process.channel?.unref()

for (let count = 0; !last; count++) {
  // A stalled HTTP/2 session keeps no process alive, and neither does grace: this one waits for what becomes of it.
  const waiting = setInterval(() => {}, 60_000)
  living = await live(subject, { patience: Number(patience), turns, count })
  send({ kind: 'listening', address: living.address })
  const report = await living.closed
  living = undefined
  clearInterval(waiting)
  // What has closed in this turn is let go of in the next ones.
  for (let times = 0; times < 3; times++) {
    await turn()
    globalThis.gc?.()
  }
  send({ kind: 'closed', report: { ...report, heap: process.memoryUsage().heapUsed } })
}

function send(message: FromServer): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => {})
}
