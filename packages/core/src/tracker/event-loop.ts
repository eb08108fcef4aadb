/** The number of items that are handled in one turn of the event loop. 256 take a few milliseconds. */
const SLICE = 256

/** The most turns of a last look while traffic never pauses: twice the largest backlog that Node asks for (511). */
const MOST_TURNS = 1024

/** Calls back in the next turn of the event loop. */
type NextTurn = (callback: () => void) => unknown

/**
 * Calls back in the next turn of the event loop, even if a test has installed fake timers since.
 *
 * Sockets do not follow fake timers. A close() under fake timers must not wait for a test that waits for that close().
 */
export const nextTurn: NextTurn = setImmediate

/**
 * Calls back in the next turn, or at once if a test has faked `setImmediate`. Moving the fake time is then enough for
 * an end, to the millisecond.
 *
 * The fakes themselves would let a millisecond pass for each turn (Vitest), or loop forever (node:test, Node 20-26).
 */
export const turnOfClock: NextTurn = (callback) => (setImmediate === nextTurn ? nextTurn(callback) : callback())

/**
 * Waits for two turns of the event loop in a row in which nothing arrived, so that everything that the kernel has
 * received is seen. Node accepts about one connection in a turn, even if many are queued.
 *
 * `arrivals` returns a number that changes when something has arrived. `done` receives `false` if traffic disturbed
 * {@link MOST_TURNS} turns.
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

/** Calls back after two turns, in which Node reads everything that the kernel has received by now. */
export function afterTwoTurns(callback: () => void): void {
  nextTurn(() => nextTurn(callback))
}

/**
 * Calls back with a slice of `items` in this turn, and with one more in each later turn, so that events in between are
 * handled.
 */
export function inSlices<T>(items: readonly T[], some: (items: readonly T[]) => void): void {
  let begin = 0
  const slice = (): void => {
    some(items.slice(begin, begin + SLICE))
    begin += SLICE
    if (begin < items.length) nextTurn(slice)
  }
  slice()
}
