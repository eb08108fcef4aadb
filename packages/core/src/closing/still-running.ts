import { subscribe } from 'node:diagnostics_channel'
import { after, type Clock } from '../clock.ts'
import { warn } from '../errors.ts'
import type { EndedBy } from '../tracker/idle-tracker.ts'

/** The time (ms) that a process has to exit after an end, before the warning. */
const PATIENCE = 3000

const BECAUSE: Readonly<Record<EndedBy, string>> = {
  idle: 'because it was idle',
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

/** The warning of one shutdown, if its process is still running some seconds after its end. */
export class StillRunningWarning {
  #by: EndedBy | undefined
  #openedBefore = 0
  #cancelled = false
  #forget: (() => void) | undefined

  /** Records the decision. Without one, there is no warning. */
  decided(by: EndedBy): void {
    this.#by = by
    this.#openedBefore = opened
  }

  /** Starts to wait. Called when everything has closed. Does nothing if a server was opened since the decision. */
  start(clock: Clock): void {
    if (this.#by === undefined || this.#cancelled || opened !== this.#openedBefore) return
    this.#forget = warnIfStillRunning(clock, this.#by)
  }

  /** Cancels the warning. Called when the process goes on by intent. */
  cancel(): void {
    this.#cancelled = true
    this.#forget?.()
  }
}

/**
 * Warns once if the process is still alive some seconds after an end, and names what keeps it alive.
 *
 * Does not keep the process alive itself. Returns the undo. Another end starts the wait again.
 *
 * @see https://nodejs.org/api/process.html#processgetactiveresourcesinfo which does not list running workers
 */
export function warnIfStillRunning(clock: Clock, by: EndedBy = 'idle'): () => void {
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
    import('./active-resources.ts').then(
      ({ activeResources }) => say(activeResources(kinds, hasWorkers)),
      () => say(kinds),
    )
  })
  return forget
}
