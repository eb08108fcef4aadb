import { say } from './log.ts'

/** The time (ms) after a drain in which the process can end by itself. Then it is ended, or its signal takes effect. */
export const EXIT_DELAY = 500

/**
 * Ends the process, after a line that says `why` and names what keeps it alive. The exit code is the program's
 * `process.exitCode`, or 0.
 */
export function forceExit(why: string): void {
  say(`closed, and ended by force, since ${why}: ${resources()}`)
  exitFlushed()
}

/** Returns the resources that may keep the process alive, as Node counts them. */
export function resources(): string {
  const kinds = new Map<string, number>()
  for (const kind of process.getActiveResourcesInfo()) kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
  return [...kinds].map(([kind, count]) => `${count} ${kind}`).join(', ') || 'a worker, or an unknown thing'
}

/** Ends the process when the written data has left it, or cannot leave it. */
export function exitFlushed(): void {
  flushed(process.stdout, () => flushed(process.stderr, () => process.exit()))
}

function flushed(stream: NodeJS.WriteStream, done: () => void): void {
  if (!stream.writable || stream.writableLength === 0) done()
  else stream.write('', () => done())
}
