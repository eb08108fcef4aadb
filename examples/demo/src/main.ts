import { type Arguments, readArguments, USAGE, UsageError } from './arguments.ts'
import { isGood, verdict } from './result/result.ts'
import { Show } from './traffic/show.ts'
import { hasColours, type Line, render } from './view/line.ts'
import { sceneOf } from './view/scene.ts'
import { Screen } from './view/screen.ts'
import { table } from './view/table.ts'

const { stdout } = process
const colours = hasColours(stdout, process.env)

try {
  const args = readArguments(process.argv.slice(2))
  if (args.help) console.log(USAGE)
  else await play(args)
} catch (error) {
  if (!(error instanceof UsageError)) throw error
  console.error(error.message)
  process.exitCode = 2
}

async function play({ patience, length }: Arguments): Promise<void> {
  const isLive = stdout.isTTY && process.env['TERM'] !== 'dumb'
  const onEvent = (name: string, text: string): void => {
    if (!isLive) console.log(eventLine(show.elapsed, name, text))
  }
  const show = new Show({ patience, length, onEvent })
  const screen = isLive ? new Screen(stdout, colours, () => sceneOf(show, patience)) : undefined
  whenStopped(() => {
    show.stop()
    screen?.release()
  })

  const results = await show.results
  screen?.finish()
  const good = results.every(isGood)
  // Without the live view, the notes are already among the printed lines.
  const notes = isLive ? results.flatMap(({ name, notes }) => notes.map((note) => `${name} ${note}`)) : []
  print([])
  for (const line of table(results, stdout.columns || Number.POSITIVE_INFINITY)) print(line)
  print([])
  for (const note of notes) console.log(`  ${note}`)
  print(['  ', [good ? 'green' : 'red', verdict(results)]])
  process.exitCode = good ? 0 : 1
}

/**
 * Returns an event as a plain line: the seconds since the start, the server and the event. `elapsed` is in
 * milliseconds.
 */
function eventLine(elapsed: number, name: string, text: string): string {
  return `${(elapsed / 1000).toFixed(2).padStart(6)} s  ${name.padEnd(8)} ${text}`
}

/** Cleans up if a signal or a failure ends the demo early. */
function whenStopped(cleanUp: () => void): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      cleanUp()
      // Without the listener, the signal has its default effect, and the parent process sees the reason of the end.
      process.kill(process.pid, signal)
    })
  }
  process.once('exit', cleanUp)
}

function print(line: Line): void {
  console.log(render(line, colours))
}
