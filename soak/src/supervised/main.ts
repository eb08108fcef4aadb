import { parseArgs } from 'node:util'
import { UsageError } from '../arguments.ts'
import { whole } from '../result/result.ts'
import { type PlayResult, play } from './play.ts'
import type { Mode } from './supervisor.ts'

const USAGE = `npx -y pnpm@12 soak:run [--requests 10000] [--seed N] [--mode direct|piped]

  --requests  the approximate number of requests in each mode
  --seed      the seed of all random numbers. The same seed sends the same requests, but not at the same times
  --mode      one mode. Connections arrive as sockets (direct), or piped, as behind npm or a shell`

const LEGEND = `  repeated: sent again, since it followed a response with "Connection: close", which HTTP allows to leave unanswered.
  dropped: sent again, since the server had as many connections as it allows.
  crossed: the response to another request. split: another body, or a part taken for a request. lost: no response.`

try {
  const { requests, seed, modes, help } = readArguments(process.argv.slice(2))
  if (help) console.log(USAGE)
  else await soak(requests, seed, modes)
} catch (error) {
  if (!(error instanceof UsageError)) throw error
  console.error(error.message)
  process.exitCode = 2
}

async function soak(requests: number, seed: number, modes: readonly Mode[]): Promise<void> {
  console.log(`seed ${seed}, Node ${process.version}`)
  for (const mode of modes) {
    const result = await play({ mode, seed, requests })
    console.log(line(result))
    for (const fault of result.faults) console.log(`    ${fault}`)
    if (result.faults.length > 0) process.exitCode = 1
  }
  console.log(LEGEND)
  if (process.exitCode === 1) console.log(`  Failed. Repeat the same requests with --seed ${seed}.`)
}

function line({ mode, requests, wakeUps, counts }: PlayResult): string {
  const outcomes = Object.entries(counts).map(([outcome, count]) => `${whole(count)} ${outcome}`)
  return `  ${mode}: ${whole(requests)} requests over ${whole(wakeUps)} wake-ups: ${outcomes.join(', ')}`
}

function readArguments(args: readonly string[]): {
  requests: number
  seed: number
  modes: readonly Mode[]
  help: boolean
} {
  const { requests, seed, mode, help } = parsed(args)
  if (mode !== undefined && mode !== 'direct' && mode !== 'piped')
    throw new UsageError(`--mode must be 'direct' or 'piped'. Received '${mode}'`)
  return {
    requests: number('--requests', requests),
    seed: seed === undefined ? Math.floor(Math.random() * 1_000_000) : number('--seed', seed),
    modes: mode === undefined ? ['direct', 'piped'] : [mode],
    help,
  }
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        requests: { type: 'string', default: '10000' },
        seed: { type: 'string' },
        mode: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    }).values
  } catch (error) {
    // Node's message goes on with an explanation. Its first sentence is enough.
    const [sentence] = String(error instanceof Error ? error.message : error).split(/[.\n]/)
    throw new UsageError(`${sentence}. The options are --requests, --seed and --mode`)
  }
}

function number(option: string, value: string): number {
  if (!/^\d{1,9}$/.test(value)) throw new UsageError(`${option} must be a whole number from 0. Received '${value}'`)
  return Number(value)
}
