import { readArguments, USAGE, UsageError } from './arguments.ts'
import { type Result, table, verdict } from './result/result.ts'
import { Run } from './run.ts'
import { subjects } from './subjects/subjects.ts'

const LEGEND = `  abandoned: the client cut, reset or half-closed. unsent: no server listened, or the connection had ended before.
  late: sent after the server's last look before its FIN, Connection: close or GOAWAY. Not handled, and sent again.
  heap: the slope of a regression over the later cycles, with its standard error, after forced garbage collection.
`

try {
  const names = subjects.map(({ name }) => name)
  const args = readArguments(process.argv.slice(2), names)
  if (args.help) console.log(USAGE)
  else await soak(args)
} catch (error) {
  if (!(error instanceof UsageError)) throw error
  console.error(error.message)
  process.exitCode = 2
}

async function soak(args: ReturnType<typeof readArguments>): Promise<void> {
  const chosen = subjects.filter(({ name }) => args.subjects.includes(name))
  console.log(`seed ${args.seed}, Node ${process.version}\n`)
  const results: Result[] = []
  for (const subject of chosen) {
    const run = new Run({
      subject,
      seed: args.seed,
      length: args.length / chosen.length,
      inputs: Math.ceil(args.inputs / chosen.length),
    })
    results.push(await run.play())
  }
  console.log(table(results))
  console.log(LEGEND)
  for (const { name, faults } of results) for (const fault of faults) console.log(`  ${name}: ${fault}`)
  console.log(`  ${verdict(results, args.seed)}`)
  // Exits at once. If a client's TLS socket stays open, Node may spin forever at its own exit (seen with Node 20.20).
  process.exit(results.some(({ faults }) => faults.length > 0) ? 1 : 0)
}
