import { say } from './log.ts'

/** How long (ms) what else keeps the process alive may take, before it is ended. */
const LEFT = 500

/**
 * Ends the process if something keeps it alive, after saying what. Where nothing does, it ends by itself before. With the
 * program's `process.exitCode`, or 0.
 */
export function leaveForSure(): void {
  setTimeout(() => {
    const kinds = new Map<string, number>()
    for (const kind of process.getActiveResourcesInfo()) kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
    const left = [...kinds].map(([kind, count]) => `${count} ${kind}`).join(', ')
    say(
      `closed, and ended by force, since something kept the process alive: ${left || 'a worker, or an unknown thing'}`,
    )
    flushed(process.stdout, () => flushed(process.stderr, () => process.exit()))
  }, LEFT).unref()
}

/** Calls back when what was written has left the process, or cannot. */
function flushed(stream: NodeJS.WriteStream, done: () => void): void {
  if (!stream.writable || stream.writableLength === 0) done()
  else stream.write('', () => done())
}
