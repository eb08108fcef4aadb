import { after, type Clock } from './clock.ts'
import { warn } from './errors.ts'

/** How long (ms) after an idle end a process that lives on is left alone. */
const PATIENCE = 3000

/**
 * Warns once, some seconds after an idle end, if the process is still alive, and says what keeps it. Does not keep it alive
 * itself. Returns its undo.
 *
 * @see https://nodejs.org/api/process.html#processgetactiveresourcesinfo which does not list running workers
 */
export function watchForLeftovers(clock: Clock): () => void {
  return after(clock, PATIENCE, () => {
    // Before the import, which would be among them.
    const kinds = process.getActiveResourcesInfo()
    const say = (lines: readonly string[]): void => {
      const message = `Every server closed ${PATIENCE / 1000} s ago because nobody used it, but the process is still running.`
      warn('IDLE_STILL_RUNNING', `${message} What may keep it:\n${lines.join('\n')}`)
    }
    // A deployment may have taken the file away meanwhile.
    import('./leftovers.ts').then(
      ({ leftovers }) => say(leftovers(kinds)),
      () => say(kinds),
    )
  })
}
