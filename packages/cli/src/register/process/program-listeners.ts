import { constants } from 'node:os'
import { warn } from '@idle-shutdown/core/adapter'

/** The signals that usually end a program. Many programs have one listener for both. */
export const SIGNALS = ['SIGTERM', 'SIGINT'] as const

/** The exit code with which a program, or a shell, reports that SIGTERM has ended it. */
const TERMINATED: number = 128 + constants.signals.SIGTERM

/** A listener as `process.rawListeners()` returns it: within its wrapper if it runs once. */
type Listener = ReturnType<typeof process.rawListeners>[number]

/**
 * The program's own listeners of SIGTERM and SIGINT.
 *
 * The listeners of the npm package `signal-exit`, which many packages depend on, do not count as such. They end the
 * process if they are alone, and would wait forever beside the preload's.
 */
export class ProgramListeners {
  readonly #preloads: NodeJS.SignalsListener
  /** The listeners that stand in for the program's. The value is `true` if it passes signals on. */
  readonly #gates = new Map<Listener, boolean>()
  #called = false
  #open = true
  #restoreKill = (): void => {}

  /** `preloads` is the preload's own listener of both signals. Node calls it first. */
  constructor(preloads: NodeJS.SignalsListener) {
    this.#preloads = preloads
  }

  /** Reports whether a signal reaches the program. */
  hear(signal: NodeJS.Signals): boolean {
    const hearing = this.#of(signal).filter((listener) => this.#gates.get(listener) !== false)
    return hearing.length > (this.#called ? 0 : signalExits())
  }

  /**
   * Calls the SIGTERM listeners together and in order, as Node does when the signal arrives. Resolves when the promises
   * that they return have settled. Never rejects.
   *
   * No later signal reaches the listeners of SIGTERM and SIGINT, so that none runs twice. The program can still remove
   * them. A listener that the program adds meanwhile gets signals only while {@link ignore} is not in effect.
   *
   * A listener that throws or rejects becomes the process warning `IDLE_LISTENER_FAILED`, and the others are called. A
   * signal would end the process with code 1 then. After an idle end, this code would make a service manager start the
   * unused program again at once, although everything was answered.
   *
   * `raised` is called when the program sends itself one of the signals to end by it. The exit code 143 (128 + SIGTERM)
   * becomes 0, because no signal has arrived.
   */
  async callAll(raised: () => void): Promise<void> {
    process.prependListener('exit', (code) => {
      if (code === TERMINATED) process.exitCode = 0
    })
    this.#interceptRaise(raised)
    const terminators = this.#of('SIGTERM')
    for (const signal of SIGNALS) this.#gate(signal, false)
    this.#called = true
    process.on('newListener', this.#added)
    await Promise.all(terminators.map(call))
  }

  /** Keeps the signal that arrives now from listeners that the program has added since {@link callAll}, or does not. */
  ignore(signal: boolean): void {
    this.#open = !signal
  }

  /** Removes the preload's listener and those that stand in for others, so that a signal has its default effect. */
  removeAll(): void {
    this.#restoreKill()
    const emitter: NodeJS.EventEmitter = process
    for (const signal of SIGNALS) {
      for (const listener of [this.#preloads, ...this.#gates.keys()])
        Reflect.apply(emitter.off, emitter, [signal, listener])
    }
  }

  #of(signal: NodeJS.Signals): Listener[] {
    return process.rawListeners(signal).filter((listener) => listener !== this.#preloads)
  }

  /** Sets gates in place of listeners. One that runs once is removed if it has its call now, as Node removes it. */
  #gate(signal: NodeJS.Signals, passes: boolean): void {
    const emitter: NodeJS.EventEmitter = process
    const ungated = this.#of(signal).filter((listener) => !this.#gates.has(listener))
    // All are removed first: a listener that was added twice would otherwise be taken for its own gate.
    for (const raw of ungated) Reflect.apply(emitter.off, emitter, [signal, raw])
    for (const raw of ungated) {
      const once: unknown = Reflect.get(raw, 'listener')
      if (once !== undefined && !passes && signal === 'SIGTERM') continue
      const gate = (...args: unknown[]): void => {
        if (!passes || !this.#open) return
        if (once !== undefined) emitter.off(signal, gate)
        Reflect.apply(raw, process, args)
      }
      // Node finds a listener also by the property `listener` of its wrapper, so that the program can remove its own.
      Reflect.set(gate, 'listener', once ?? raw)
      this.#gates.set(gate, passes)
      emitter.on(signal, gate)
    }
  }

  /** Gates a listener that is about to be added. No signal arrives before the next tick. */
  readonly #added = (name: string | symbol): void => {
    const signal = SIGNALS.find((one) => one === name)
    if (signal !== undefined) process.nextTick(() => this.#gate(signal, true))
  }

  /**
   * Calls back when the program sends itself a signal that none of its listeners would get. Drops a signal for a
   * listener that has run.
   */
  #interceptRaise(raised: () => void): void {
    const { kill } = process
    this.#restoreKill = () => {
      process.kill = kill
    }
    process.kill = (pid, signal = 'SIGTERM') => {
      const name = SIGNALS.find((one) => one === signal || constants.signals[one] === signal)
      if (pid !== process.pid || name === undefined || this.hear(name))
        return Reflect.apply(kill, process, [pid, signal])
      if (this.#of(name).length <= signalExits()) raised()
      return true
    }
  }
}

async function call(listener: Listener): Promise<void> {
  try {
    await Reflect.apply(listener, process, ['SIGTERM', constants.signals.SIGTERM])
  } catch (error) {
    warn('IDLE_LISTENER_FAILED', 'A SIGTERM listener of the program failed at an idle end. The end continues.', error)
  }
}

function signalExits(): number {
  let count = 0
  for (const emitter of [
    Reflect.get(globalThis, Symbol.for('signal-exit emitter')), // 4.x
    Reflect.get(process, '__signal_exit_emitter__'), // 3.x
  ]) {
    const own: unknown = typeof emitter === 'object' && emitter !== null ? Reflect.get(emitter, 'count') : undefined
    if (typeof own === 'number') count += own
  }
  return count
}
