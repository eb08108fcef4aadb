import { uptime } from 'node:os'

/**
 * A source of time and of timers. The default is Node's own; tests inject theirs.
 *
 * {@link Clock.now} must be monotonic, and timers should not keep the process alive.
 */
export interface Clock {
  /** Returns monotonic time in milliseconds, as `performance.now()`. All deadlines are in this time. */
  now(): number
  /** Returns wall-clock time in milliseconds, as `Date.now()`. Only for showing a deadline. */
  date(): number
  /**
   * Returns the milliseconds since the machine started, including those in which it was suspended. Only for detecting a
   * suspend.
   *
   * Default: {@link Clock.date}. With it, a wall clock that is set forward looks like a suspend.
   */
  uptime?(): number
  /**
   * Calls back once, after at least `ms` (0 to 2^31-1) milliseconds. Returns a value for {@link Clock.clearTimeout}.
   */
  setTimeout(callback: () => void, ms: number): unknown
  /** Cancels a timer. Does nothing if the timer has fired. */
  clearTimeout(timer: unknown): void
}

/** The globals as this module found them, before a test could have replaced them. */
const found = { Date, setTimeout, now: performance.now }
const now = performance.now.bind(performance)

/**
 * Node's own clock. Its timers never keep the process alive.
 *
 * Reads the globals at each call, so that fake timers that are installed later apply.
 */
export const systemClock: Clock = {
  // Comparing setTimeout is free. Reading the global `performance` costs 10-20 ns.
  now: () => (setTimeout === found.setTimeout ? now() : performance.now()),
  date: () => Date.now(),
  uptime: () => uptime() * 1000,
  setTimeout: (callback, ms) => {
    const timer: { unref?(): void } = setTimeout(callback, ms)
    timer.unref?.()
    return timer
  },
  clearTimeout: (timer) => {
    if (isTimer(timer)) clearTimeout(timer)
  },
}

/**
 * A clock for fake timers that move `Date` and not `performance.now()`, as those of node:test do. By
 * `performance.now()`, no timer would ever be due.
 *
 * A large step of this time never counts as a suspend.
 */
export const fakedClock: Clock = { ...systemClock, now: () => Date.now(), uptime: () => Date.now() }

/** Returns the default clock. Chosen when a tracker is made, so that fake timers must be installed before. */
export function defaultClock(): Clock {
  const faked = setTimeout !== found.setTimeout && Date !== found.Date && performance.now === found.now
  return faked ? fakedClock : systemClock
}

/**
 * The longest timeout; longer ones overflow to 1 ms. See
 * https://nodejs.org/api/timers.html#settimeoutcallback-delay-args
 */
export const MAX_TIMEOUT: number = 2 ** 31 - 1

/**
 * Calls back once when `ms` milliseconds have passed, even if there are more than one timeout can have. `Infinity`:
 * never. Returns the undo.
 */
export function after(clock: Clock, ms: number, callback: () => void): () => void {
  if (ms === Infinity) return () => {}
  const due = clock.now() + ms
  let timer: unknown
  const sleep = (): void => {
    timer = clock.setTimeout(wake, Math.min(Math.max(Math.ceil(due - clock.now()), 0), MAX_TIMEOUT))
  }
  // A timer may fire up to 1 ms early by performance.now().
  const wake = (): void => (clock.now() < due ? sleep() : callback())
  sleep()
  return () => clock.clearTimeout(timer)
}

function isTimer(timer: unknown): timer is NodeJS.Timeout {
  return timer !== undefined
}
