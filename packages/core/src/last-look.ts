/** How many things that each need a few system calls are done in one turn: some milliseconds. */
const SLICE = 256

/** A bound for traffic that never pauses: twice the largest backlog that Node asks for (511). */
const MOST_TURNS = 1024

/** Calls back in the next turn of the event loop. */
type NextTurn = (callback: () => void) => unknown

/**
 * The event loop's own turns, whatever fake timers a test has installed since: sockets know nothing of those, and a close()
 * under them must not wait for a test that waits for it.
 */
const nextTurn: NextTurn = setImmediate

/**
 * The same, but none where a test has faked setImmediate: moving the time is then enough for an end, to the millisecond. The
 * fakes themselves would let a millisecond pass for each turn (Vitest), or go in a circle (node:test, 20 to 26).
 */
export const turnOfClock: NextTurn = (callback) => (setImmediate === nextTurn ? nextTurn(callback) : callback())

/**
 * Yields turns of the event loop until two in a row brought nothing, so that what had already reached the machine is seen:
 * Node accepts about one connection a turn, however many are queued.
 *
 * `arrivals` gives a number that changes when something arrived. `done` gets `false` where every one of
 * {@link MOST_TURNS} turns within reach of a quiet pair was disturbed.
 */
export function lastLook(arrivals: () => number, done: (quiet: boolean) => void, next: NextTurn = nextTurn): void {
  let seen = arrivals()
  let quietTurns = 0
  let turns = 0
  const turn = (): void => {
    const arrived = arrivals()
    quietTurns = arrived === seen ? quietTurns + 1 : 0
    seen = arrived
    if (quietTurns === 2) done(true)
    else if (++turns === MOST_TURNS) done(false)
    else next(turn)
  }
  next(turn)
}

/** Calls back after two turns, in which what has reached the machine by now is read. */
export function afterTwoTurns(callback: () => void): void {
  nextTurn(() => nextTurn(callback))
}

/** Calls back with some of many in this turn, and with some more in each one after it: what happens meanwhile is seen, too. */
export function inSlices<T>(items: readonly T[], some: (items: readonly T[]) => void): void {
  let begin = 0
  const slice = (): void => {
    some(items.slice(begin, begin + SLICE))
    begin += SLICE
    if (begin < items.length) nextTurn(slice)
  }
  slice()
}
