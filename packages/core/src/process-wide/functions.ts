import type { ChildProcess } from 'node:child_process'
import type { Worker } from 'node:worker_threads'
import { after, systemClock } from '../clock.ts'
import type { CloseReport } from '../closing/close-report.ts'
import type { EndCallback } from '../closing/end-callbacks.ts'
import { invalidOption } from '../errors.ts'
import type { Explanation } from '../tracker/explanation.ts'
import { type Hold, type HoldOptions, maxAgeOf, warnOfAge } from '../tracker/hold.ts'
import type { IdleTracker } from '../tracker/idle-tracker.ts'
import { waitFor } from '../tracker/work.ts'
import { provideRequestContexts } from './request-contexts.ts'

/**
 * The place at which all copies of this package in a thread meet. Every `IdleShutdown` adds itself to `watches` when it
 * is made, and removes itself when it has closed. It calls `join` of each entry of `joining` once. A function of this
 * file calls the watches that are there, and adds an entry for those that are made later.
 *
 * A copy with another protocol uses another number, and does not meet this one.
 */
const REGISTRY = Symbol.for('idle-shutdown.process-wide.1')

interface Registry {
  /** Weak, so that one that never ends can be collected. */
  readonly watches: Set<WeakRef<Watch>>
  /** The holds that are open, and the callbacks that have not been called. */
  readonly joining: Set<Joining>
}

/** The parts of an `IdleShutdown` that the protocol has. */
interface Watch {
  readonly tracker: Pick<IdleTracker, 'hold' | 'touch' | 'explain'>
  beforeEnd(callback: EndCallback): Disposable | undefined
}

interface Joining {
  join(watch: Watch): void
}

/** Adds a watch, which takes over the open holds and callbacks. Returns the undo. */
export function addWatch(watch: Watch): () => void {
  const { watches, joining } = registry()
  // Drops those that were collected.
  watching()
  const reference = new WeakRef(watch)
  watches.add(reference)
  for (const each of joining) each.join(watch)
  provideRequestContexts(waitUntil)
  return () => watches.delete(reference)
}

/**
 * Keeps every watch of this thread active until the hold is released or cancelled. See `IdleTracker.hold`.
 *
 * Reaches the watch of the preload and each `IdleShutdown` and adapter, also one that is made while the hold is open.
 * One release ends the hold for all. If nothing is watched, the hold can still be released.
 *
 * @throws IdleUsageError `ERR_IDLE_INVALID_DURATION`, `ERR_IDLE_UNKNOWN_OPTION`, `ERR_IDLE_INVALID_OPTION`
 */
export function hold(label: string = 'hold', options: HoldOptions = {}): Hold {
  const maxAge = maxAgeOf(label, options)
  const { joining } = registry()
  const holds: Hold[] = []
  const end = (how: 'release' | 'cancel'): void => {
    if (!joining.delete(entry)) return
    forgetMaxAge()
    for (const each of holds) each[how]()
  }
  // One age for all: a watch that takes the hold over later does not make it last longer.
  const forgetMaxAge = after(systemClock, maxAge, () => {
    if (watching().length > 0) warnOfAge(label, maxAge)
    end('release')
  })
  const entry: Joining = { join: ({ tracker }) => void holds.push(tracker.hold(label)) }
  joining.add(entry)
  for (const watch of watching()) entry.join(watch)
  return {
    label,
    release: () => end('release'),
    cancel: () => end('cancel'),
    [Symbol.dispose]: () => end('release'),
  }
}

/**
 * Holds until `work` settles, or until a child process or worker thread exits. Returns a promise with the outcome. See
 * `IdleTracker.waitUntil`, and {@link hold} for the watches that this reaches.
 *
 * @throws IdleUsageError as a rejection: `ERR_IDLE_INVALID_OPTION` for other work, and those of {@link hold}
 */
export function waitUntil<T>(work: PromiseLike<T>, label?: string, options?: HoldOptions): Promise<T>
export function waitUntil(work: ChildProcess | Worker, label?: string, options?: HoldOptions): Promise<void>
export function waitUntil(work: unknown, label?: string, options?: HoldOptions): Promise<unknown> {
  return waitFor(work, label, options, hold)
}

/** Records an activity without duration at every watch of this thread: each deadline is a patience from now. */
export function touch(): void {
  for (const { tracker } of watching()) tracker.touch()
}

/**
 * Returns the explanation of the watch that keeps the process up for longest. Returns undefined if nothing is watched.
 *
 * That is one that is active, or else one with the latest deadline. A watch without a server keeps nothing up.
 */
export function explain(): Explanation | undefined {
  return watching()
    .map(({ tracker }) => tracker.explain())
    .reduce<Explanation | undefined>(
      (last, each) => (last === undefined || endsLater(each, last) ? each : last),
      undefined,
    )
}

/**
 * Awaits `callback` at the end of the process: when the last watch of this thread has answered everything, and before
 * its `closed` resolves. Calls it once. See `IdleShutdown.beforeEnd`.
 *
 * @returns the undo. Undefined, since nothing will run, if nothing is watched, or everything has closed
 * @throws IdleUsageError `ERR_IDLE_INVALID_OPTION` for a callback that is not a function
 */
export function beforeEnd(callback: EndCallback): Disposable | undefined {
  if (typeof callback !== 'function') throw invalidOption('callback', callback, 'a function')
  const { joining } = registry()
  const undos: Disposable[] = []
  let outcome: Promise<unknown> | undefined
  const call = (report: CloseReport): Promise<unknown> | undefined => {
    // The watch that ended first reports a failure. The others only wait.
    if (outcome !== undefined) return outcome.catch(() => {})
    if (watching().some(({ tracker }) => isRunning(tracker.explain()))) return undefined
    joining.delete(entry)
    outcome = (async () => callback(report))()
    return outcome
  }
  const entry: Joining = {
    join: (watch) => {
      const undo = watch.beforeEnd(call)
      if (undo !== undefined) undos.push(undo)
    },
  }
  for (const watch of watching()) entry.join(watch)
  if (undos.length === 0) return undefined
  joining.add(entry)
  return {
    [Symbol.dispose]: () => {
      joining.delete(entry)
      for (const undo of undos) undo[Symbol.dispose]()
    },
  }
}

/** The states of a watch, from that which keeps nothing up. */
const STATES: readonly Explanation['state'][] = [
  'disposed',
  'ended',
  'starting',
  'waiting',
  'disabled',
  'suspended',
  'active',
]

function isRunning({ state }: Explanation): boolean {
  return STATES.indexOf(state) > STATES.indexOf('starting')
}

function endsLater(one: Explanation, other: Explanation): boolean {
  const later = STATES.indexOf(one.state) - STATES.indexOf(other.state)
  return later === 0 ? (one.remaining ?? 0) > (other.remaining ?? 0) : later > 0
}

/** Returns the watches that have not closed. */
function watching(): Watch[] {
  const { watches } = registry()
  const found: Watch[] = []
  for (const reference of watches) {
    const watch = reference.deref()
    if (watch === undefined) watches.delete(reference)
    else found.push(watch)
  }
  return found
}

function registry(): Registry {
  const shared: object & { [REGISTRY]?: Registry } = globalThis
  shared[REGISTRY] ??= { watches: new Set(), joining: new Set() }
  return shared[REGISTRY]
}
