import { subscribe } from 'node:diagnostics_channel'
import { after, type Clock } from './clock.ts'
import { warn } from './errors.ts'

/** The time (ms) that a process has to exit after an end, before the warning. */
const PATIENCE = 3000

/** The cause of an end: the deadline, a call of `close()`, or the parent signal. */
export type EndedBy = 'idle' | 'call' | 'parent'

const BECAUSE: Readonly<Record<EndedBy, string>> = {
  idle: 'because nobody used it',
  call: 'after close()',
  parent: 'as the parent signal had aborted',
}

/** The workers that were made since the first call of {@link watchWorkers}. Node has no list of them. */
const workers = new Set<WeakRef<{ readonly threadId: number }>>()
let watchingWorkers = false

/** Cancels the pending warning. A process has at most one. */
let forget = (): void => {}

/**
 * Keeps weak references to the workers that are made from now on.
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

/** The number of servers that have been opened in this process. */
let opened = 0

/** Records that a server is opened. Cancels the warning, since the process goes on by intent. */
export function serverOpened(): void {
  opened++
  forget()
}

/** Returns a number that changes when a server is opened. */
export function serversOpened(): number {
  return opened
}

/**
 * Warns once if the process is still alive some seconds after an end, and names what keeps it alive.
 *
 * Does not keep the process alive itself. Returns the undo. Another end starts the wait again.
 *
 * @see https://nodejs.org/api/process.html#processgetactiveresourcesinfo which does not list running workers
 */
export function watchForLeftovers(clock: Clock, by: EndedBy = 'idle'): () => void {
  forget()
  forget = after(clock, PATIENCE, () => {
    // Read before the import, which would be among the resources.
    const kinds = process.getActiveResourcesInfo()
    // A worker that has ended has the id -1.
    const hasWorkers = [...workers].some((worker) => (worker.deref()?.threadId ?? -1) !== -1)
    const say = (lines: readonly string[]): void => {
      const message = `Every server closed ${PATIENCE / 1000} s ago ${BECAUSE[by]}, but the process is still running.`
      warn('IDLE_STILL_RUNNING', `${message} What may keep it:\n${lines.join('\n')}`)
    }
    // A deployment may have removed the file meanwhile.
    import('./leftovers.ts').then(
      ({ leftovers }) => say(leftovers(kinds, hasWorkers)),
      () => say(kinds),
    )
  })
  return forget
}
