import { EXIT_DELAY } from './force-exit.ts'

/** The signals on which a program without its own handler is drained. */
const SIGNALS = ['SIGTERM', 'SIGINT'] as const

/**
 * Drains on SIGTERM and SIGINT if the program has no handler of its own. A second signal ends the process at once, as
 * by default. Returns a function that undoes this.
 *
 * If the program has its own handler, only `heard` is called. `heard` is called at every signal, because the process is
 * about to end.
 */
export function drainOnSignals(
  drain: (signal: NodeJS.Signals) => Promise<unknown>,
  heard: () => void = () => {},
): () => void {
  let draining = false
  const undo = (): void => {
    for (const signal of SIGNALS) process.off(signal, onSignal)
  }
  const onSignal = (signal: NodeJS.Signals): void => {
    heard()
    if (hasOwnHandler(signal)) return
    const raise = (): void => {
      undo()
      process.kill(process.pid, signal)
    }
    if (draining) {
      raise()
      return
    }
    draining = true
    void drain(signal).then(() => {
      // The timer is unref'd, so the process ends by itself with code 0 if nothing else keeps it alive.
      setTimeout(raise, EXIT_DELAY).unref()
    })
  }
  // Added first, so that a handler of the program that runs once is still there to be counted.
  for (const signal of SIGNALS) process.prependListener(signal, onSignal)
  return undo
}

/**
 * Reports whether the program handles the signal.
 *
 * The listeners of the npm package `signal-exit`, which many packages depend on, do not count as handlers. They end the
 * process if they are alone, and would wait forever beside this one.
 */
function hasOwnHandler(signal: NodeJS.Signals): boolean {
  return process.listenerCount(signal) > 1 + signalExits()
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
