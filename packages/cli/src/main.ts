#!/usr/bin/env node
import process from 'node:process'
import { Runner } from './run/runner.ts'

// The least that runs: `idle-shutdown run --listen PORT -- COMMAND …`.
const [word, flag, port, dashes, file, ...args] = process.argv.slice(2)
if (word !== 'run' || flag !== '--listen' || dashes !== '--' || file === undefined) {
  console.error('usage: idle-shutdown run --listen PORT -- COMMAND')
  process.exitCode = 2
} else {
  const runner = new Runner({ listen: [{ port: Number(port) }], command: [file, ...args] }, (event) =>
    console.log(JSON.stringify(event)),
  )
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void runner.stop(signal))
  await runner.start()
}
