import { median } from './statistics.ts'

/** The factor by which the loop may be slower than its fastest time in this process, before and after a window. */
const TOLERANCE = 1.12
/**
 * The factor by which the loop's fastest time may differ between processes, since each compiles it to different code.
 */
const BETWEEN_PROCESSES = 1.35
/** The number of loops. Their median counts. */
const LOOPS = 5
const WARM_UP = 300
/** The longest wait (ms) of one window. The next window may wait again. */
const WAIT = 2000

/** The state that one process passes to another. */
export interface Calibration {
  /** The fastest time of the loop in any process, in milliseconds. */
  fastest: number
  /** The remaining time (ms) that windows may wait in total. Every window counts once no time remains. */
  patience: number
}

/**
 * Lets windows be measured only while the processor is at full speed.
 *
 * A shared machine gives a core to other guests too. Everything then takes twice as long, for milliseconds or for
 * seconds. This affects all variants, and each window to a different degree. No event reports the start of such a
 * phase, but a loop with constant work shows it.
 */
export class FullSpeed {
  #calibration: Calibration = { fastest: Infinity, patience: 0 }
  /** The fastest time in this process, updated at each measurement. */
  #fastest = Infinity
  readonly #timed: () => number

  /** @param timed returns the current duration of the loop (ms) */
  constructor(timed: () => number = timedLoop) {
    this.#timed = timed
    // Lets V8 compile the loop.
    for (let times = 0; times < WARM_UP; times++) loop()
  }

  get calibration(): Calibration {
    return { ...this.#calibration, fastest: Math.min(this.#calibration.fastest, this.#fastest) }
  }

  set calibration(calibration: Calibration) {
    this.#calibration = { ...calibration }
  }

  /** Adds to the total time (ms) that windows may wait. Without any, every window counts. */
  allow(patience: number): void {
    this.#calibration.patience = Math.max(this.#calibration.patience, 0) + patience
  }

  /**
   * Returns the result of `measure`, or NaN if the processor was not at full speed afterwards. A window with NaN does
   * not count.
   */
  async measured(measure: () => number | Promise<number>): Promise<number> {
    this.wait()
    const value = await measure()
    return this.#calibration.patience <= 0 || this.#isFull() ? value : Number.NaN
  }

  /** Waits until the processor is at full speed, but not for long. */
  wait(): void {
    const { patience } = this.#calibration
    if (patience <= 0) return
    const begin = performance.now()
    const end = begin + Math.min(patience, WAIT)
    while (!this.#isFull() && performance.now() < end);
    this.#calibration.patience = patience - (performance.now() - begin)
    if (this.#calibration.patience > 0) return
    process.stderr.write('The machine is busy. From now on, its other load affects the figures.\n')
  }

  #isFull(): boolean {
    const took = median(Array.from({ length: LOOPS }, this.#timed))
    this.#fastest = Math.min(this.#fastest, took)
    return took <= TOLERANCE * this.#fastest && took <= BETWEEN_PROCESSES * this.#calibration.fastest
  }
}

const numbers = Int32Array.from({ length: 1024 }, (_, index) => (index * 7919) & 1023)
const sink = new Int32Array(1)

/** Runs six independent chains of operations, so that another load on the same core slows them. */
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
