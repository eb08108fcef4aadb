import { uptime } from 'node:os'

/**
 * A source of time and of timers. The default is Node's own; tests inject theirs.
 *
 * A clock must be monotonic in {@link Clock.now} and should not keep the process alive with its timers.
 */
export interface Clock {
  /** Monotonic time in milliseconds, as `performance.now()`. Every deadline is reckoned in it. */
  now(): number
  /** Wall-clock time in milliseconds, as `Date.now()`. Only for showing a deadline. */
  date(): number
  /**
   * Milliseconds since the machine started, those in which it was suspended included. Only for noticing those. Default:
   * {@link Clock.date}, by which a wall clock that was set forward looks like a suspend.
   */
  uptime?(): number
  /** Calls back once, after at least `ms` (0 to 2^31-1) milliseconds. Returns what {@link Clock.clearTimeout} takes. */
  setTimeout(callback: () => void, ms: number): unknown
  /** Forgets a timer. Forgetting one that has fired does nothing. */
  clearTimeout(timer: unknown): void
}

/** As this module found them, before a test could have replaced them. */
const found = { Date, setTimeout, now: performance.now }
const now = performance.now.bind(performance)

/**
 * Node's own clock. Its timers never keep the process alive.
 *
 * The globals are looked up at each call, so that fake timers which were installed later are obeyed.
 */
export const systemClock: Clock = {
  // To see by setTimeout whether there are fakes costs nothing, and to get at the global `performance` 10 to 20 ns.
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
 * Time where fake timers move `Date` and leave `performance.now()` to go on, as those of node:test do: by it no timer would
 * ever be due. Nobody oversleeps in it, however far it is moved at once.
 */
export const fakedClock: Clock = { ...systemClock, now: () => Date.now(), uptime: () => Date.now() }

/** The clock of whoever names none. Chosen when a tracker is made, so fake timers have to be there by then. */
export function defaultClock(): Clock {
  const faked = setTimeout !== found.setTimeout && Date !== found.Date && performance.now === found.now
  return faked ? fakedClock : systemClock
}

/**
 * The same clock, whose timers are set inside `run`. A timer holds the asynchronous context in which it is set: set by a
 * request, it would hold the request's stores for as long as it sleeps, and those of the timers after it.
 */
export function clockIn(run: <T>(callback: () => T) => T, clock: Clock): Clock {
  return {
    now: () => clock.now(),
    date: () => clock.date(),
    ...(clock.uptime !== undefined && { uptime: () => clock.uptime?.() ?? clock.date() }),
    setTimeout: (callback, ms) => run(() => clock.setTimeout(callback, ms)),
    clearTimeout: (timer) => clock.clearTimeout(timer),
  }
}

/** Longer timeouts overflow to 1 ms. See https://nodejs.org/api/timers.html#settimeoutcallback-delay-args */
export const MAX_TIMEOUT: number = 2 ** 31 - 1

/**
 * Calls back once when `ms` milliseconds have passed, however many (`Infinity`: never). Returns its undo.
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
