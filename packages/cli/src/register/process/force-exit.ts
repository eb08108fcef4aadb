import { say } from './log.ts'

/** The time (ms) after a drain in which the process can end by itself. Then it is ended, or its signal takes effect. */
export const EXIT_DELAY = 500

/**
 * Ends the process if something keeps it alive, after a line that names it. Does nothing if the process ends by itself
 * before. The exit code is the program's `process.exitCode`, or 0.
 */
export function forceExit(): void {
  setTimeout(() => {
    const kinds = new Map<string, number>()
    for (const kind of process.getActiveResourcesInfo()) kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
    const left = [...kinds].map(([kind, count]) => `${count} ${kind}`).join(', ')
    say(
      `closed, and ended by force, since something kept the process alive: ${left || 'a worker, or an unknown thing'}`,
    )
    flushed(process.stdout, () => flushed(process.stderr, () => process.exit()))
  }, EXIT_DELAY).unref()
}

/** Calls back when the written data has left the process, or cannot leave it. */
function flushed(stream: NodeJS.WriteStream, done: () => void): void {
  if (!stream.writable || stream.writableLength === 0) done()
  else stream.write('', () => done())
}
