import { median } from './statistics.ts'

/** How much longer than at its fastest the loop may take, before a window and after it. */
const TOLERANCE = 1.12
/** How much longer its fastest may be in one process than in another: it is not compiled to the same code in each. */
const BETWEEN_PROCESSES = 1.35
/** It is the median of so many that counts. */
const LOOPS = 5
const WARM_UP = 300
/** For how long one window waits (ms). The next one may find more. */
const WAIT = 2000

/** What one process tells another of it. */
export interface Known {
  /** Milliseconds that the loop has taken at its fastest in any process. */
  fastest: number
  /** For how long windows may still wait, in all (ms). From then on every window counts. */
  patience: number
}

/**
 * Has windows measured only while the processor is at full speed.
 *
 * A shared machine gives a core to others, too: for milliseconds or for seconds, everything takes twice as long. That hits all variants,
 * and in a different measure from window to window. Nothing tells when it begins, but a loop whose work is always the same shows it.
 */
export class Pace {
  #known: Known = { fastest: Infinity, patience: 0 }
  /** In this process. Learned as it goes. */
  #fastest = Infinity
  readonly #timed: () => number

  /** `timed` gives how long the loop takes now (ms). */
  constructor(timed: () => number = timedLoop) {
    this.#timed = timed
    // So that it is compiled.
    for (let times = 0; times < WARM_UP; times++) loop()
  }

  get known(): Known {
    return { ...this.#known, fastest: Math.min(this.#known.fastest, this.#fastest) }
  }

  set known(known: Known) {
    this.#known = { ...known }
  }

  /** Windows may wait for so much longer from now on, in all (ms). Without patience, every window counts. */
  allow(patience: number): void {
    this.#known.patience = Math.max(this.#known.patience, 0) + patience
  }

  /** What `measure` gives at full speed. NaN where that was not to be had, before or after: such a window does not count. */
  async measured(measure: () => number | Promise<number>): Promise<number> {
    this.wait()
    const value = await measure()
    return this.#known.patience <= 0 || this.#isFull() ? value : Number.NaN
  }

  /** Waits until the processor is at full speed, but not for long. */
  wait(): void {
    const { patience } = this.#known
    if (patience <= 0) return
    const begin = performance.now()
    const end = begin + Math.min(patience, WAIT)
    while (!this.#isFull() && performance.now() < end);
    this.#known.patience = patience - (performance.now() - begin)
    if (this.#known.patience > 0) return
    process.stderr.write('The machine is busy: from now on, what else it does is measured, too.\n')
  }

  #isFull(): boolean {
    const took = median(Array.from({ length: LOOPS }, this.#timed))
    this.#fastest = Math.min(this.#fastest, took)
    return took <= TOLERANCE * this.#fastest && took <= BETWEEN_PROCESSES * this.#known.fastest
  }
}

const numbers = Int32Array.from({ length: 1024 }, (_, index) => (index * 7919) & 1023)
const sink = new Int32Array(1)

/** Six chains that do not wait for each other, so that whoever shares the core is felt. */
function loop(): void {
  let [a, b, c, d, e, f] = [1, 2, 3, 4, 5, 6]
  for (let step = 0; step < 100_000; step++) {
    const index = step & 1023
    a = (a + (numbers[index] ?? 0)) | 0
    b ^= numbers[index ^ 1] ?? 0
    c = (c + step) | 0
    d ^= step
    e = (e + (numbers[index ^ 2] ?? 0)) | 0
    f = (f - step) | 0
  }
  sink[0] = a ^ b ^ c ^ d ^ e ^ f
}

function timedLoop(): number {
  const begin = performance.now()
  loop()
  return performance.now() - begin
}
