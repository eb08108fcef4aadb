import { subscribe } from 'node:diagnostics_channel'
import { after, type Clock } from './clock.ts'
import { warn } from './errors.ts'

/** How long (ms) after an end a process that lives on is left alone. */
const PATIENCE = 3000

/** What has brought an end about: the deadline, a call of `close()`, or the parent signal. */
export type EndedBy = 'idle' | 'call' | 'parent'

const BECAUSE: Readonly<Record<EndedBy, string>> = {
  idle: 'because nobody used it',
  call: 'after close()',
  parent: 'as the parent signal had aborted',
}

/** The workers that were made since the first call of {@link watchWorkers}. Node lists them nowhere. */
const workers = new Set<WeakRef<{ readonly threadId: number }>>()
let watchingWorkers = false

/** Forgets the warning that is due, of which a process has one at most. */
let forget = (): void => {}

/**
 * Remembers the workers that are made from now on.
 *
 * @see https://nodejs.org/api/diagnostics_channel.html#worker-thread
 */
export function watchWorkers(): void {
  if (watchingWorkers) return
  watchingWorkers = true
  subscribe('worker_threads', (message) => {
    const { worker } = message as { readonly worker: { readonly threadId: number } }
    workers.add(new WeakRef(worker))
  })
}

/** How many servers have been opened in this process. */
let opened = 0

/** A server is opened, and so the process lives on by intent. */
export function serverOpened(): void {
  opened++
  forget()
}

/** A number that changes when a server is opened. */
export function serversOpened(): number {
  return opened
}

/**
 * Warns once, some seconds after an end, if the process is still alive, and says what keeps it. Does not keep it alive
 * itself. Returns its undo. Another end begins the wait again.
 *
 * @see https://nodejs.org/api/process.html#processgetactiveresourcesinfo which does not list running workers
 */
export function watchForLeftovers(clock: Clock, by: EndedBy = 'idle'): () => void {
  forget()
  forget = after(clock, PATIENCE, () => {
    // Before the import, which would be among them.
    const kinds = process.getActiveResourcesInfo()
    // An id of -1: it has ended.
    const hasWorkers = [...workers].some((worker) => (worker.deref()?.threadId ?? -1) !== -1)
    const say = (lines: readonly string[]): void => {
      const message = `Every server closed ${PATIENCE / 1000} s ago ${BECAUSE[by]}, but the process is still running.`
      warn('IDLE_STILL_RUNNING', `${message} What may keep it:\n${lines.join('\n')}`)
    }
    // A deployment may have taken the file away meanwhile.
    import('./leftovers.ts').then(
      ({ leftovers }) => say(leftovers(kinds, hasWorkers)),
      () => say(kinds),
    )
  })
  return forget
}
