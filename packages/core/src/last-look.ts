/** A bound for traffic that never pauses: twice the largest backlog that Node asks for (511). */
const MOST_TURNS = 1024

/**
 * Yields turns of the event loop until two in a row brought nothing, so that what had already reached the machine is seen:
 * Node accepts about one connection a turn, however many are queued.
 *
 * `arrivals` gives a number that changes when something arrived. `done` gets `false` where every one of
 * {@link MOST_TURNS} turns within reach of a quiet pair was disturbed.
 */
export function lastLook(arrivals: () => number, done: (quiet: boolean) => void): void {
  let seen = arrivals()
  let quietTurns = 0
  let turns = 0
  const turn = (): void => {
    const arrived = arrivals()
    quietTurns = arrived === seen ? quietTurns + 1 : 0
    seen = arrived
    if (quietTurns === 2) done(true)
    else if (++turns === MOST_TURNS) done(false)
    else setImmediate(turn)
  }
  setImmediate(turn)
}
