import process from 'node:process'
import type { ListenAddress } from '../listen-address.ts'
import { hintsOnce, type RunEvent } from '../run/run-event.ts'
import { Runner } from '../run/runner.ts'
import type { StatusServer } from '../status/status-server.ts'
import type { Arguments } from './arguments.ts'
import { existingDirectory } from './directory.ts'
import { eventJson, eventLine, isFailure } from './event-line.ts'
import { type RunArguments, runArguments } from './run-arguments.ts'
import { listenError, startError } from './system-errors.ts'

const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const

/**
 * Runs a command under the supervisor, until a signal ends both.
 *
 * @throws CommandError for a wrong command line, or an error of the system
 */
export async function runCommand(args: Arguments): Promise<void> {
  const { run, print: how, status } = runArguments(args, process.env)
  if (run.cwd !== undefined) existingDirectory('--cwd', run.cwd)
  const print = hintsOnce(printer(how))
  const runner = new Runner(run, print)
  let outlive = (): void => {}
  const page = status && (await statusPage(runner, status))
  try {
    await runner.start().catch((error: unknown) => {
      throw startError(error, run)
    })
    if (page !== undefined) print({ event: 'status', address: page.bound, url: page.url })
    outlive = outlives(print)
    await stopped(runner)
  } finally {
    outlive()
    await page?.close()
  }
}

/** Loaded only if a page is wanted, because `run` needs no node:http without it. */
async function statusPage(runner: Runner, address: ListenAddress): Promise<StatusServer> {
  const { StatusServer } = await import('../status/status-server.ts')
  const page = new StatusServer(runner)
  await page.start(address).catch((error: unknown) => {
    throw listenError(error, [address])
  })
  return page
}

/**
 * Keeps an error in a handler from ending the supervisor and the command. Returns a function that undoes this.
 *
 * Node throws such an error if a command writes to the descriptor of its channel (Node 20-26). A command that opens no
 * channel itself may take that descriptor for its own.
 */
function outlives(print: (event: RunEvent) => void): () => void {
  const onError = (error: unknown): void => {
    const [what, where = ''] = String(error instanceof Error ? error.stack : error).split('\n')
    print({ event: 'hint', hint: `an error in the supervisor, which goes on: ${what} ${where.trim()}`.trim() })
  }
  process.on('uncaughtException', onError)
  return () => process.off('uncaughtException', onError)
}

/** Resolves when a signal has ended the command. A second signal is also passed to {@link Runner.stop}. */
function stopped(runner: Runner): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (signal: NodeJS.Signals): void => {
      // A Node program without a handler ends at once on SIGHUP, and its requests in progress are lost (Node 20-26).
      const done = runner.stop(signal === 'SIGHUP' ? 'SIGTERM' : signal).finally(() => {
        for (const each of SIGNALS) process.off(each, stop)
      })
      done.then(resolve, reject)
    }
    for (const each of SIGNALS) process.on(each, stop)
  })
}

function printer(print: RunArguments['print']): (event: RunEvent) => void {
  if (print === 'json') return (event) => console.log(eventJson(event, new Date()))
  return (event) => {
    if (print === 'lines' || isFailure(event)) console.error(`idle-shutdown: ${eventLine(event)}`)
  }
}
