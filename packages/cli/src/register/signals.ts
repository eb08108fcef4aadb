/** The signals on which a program without a handler of its own is drained. */
const SIGNALS = ['SIGTERM', 'SIGINT'] as const

/** How long (ms) what else keeps the process alive may take after the drain. Then the signal does what it does by itself. */
const LEFT = 500

/**
 * Drains on SIGTERM and SIGINT where the program has no handler of its own; a second signal ends at once, as it would without
 * this. Returns the undo.
 *
 * With a handler of the program's, ours does nothing but to call `heard`, as it does at every signal: the process is about to end.
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
      // Unref'd: where nothing else is left, the process ends by itself, with code 0.
      setTimeout(raise, LEFT).unref()
    })
  }
  // First, so that a handler of the program's that is called once is still there to be counted.
  for (const signal of SIGNALS) process.prependListener(signal, onSignal)
  return undo
}

/**
 * Whether the program handles the signal. The listeners of the npm package `signal-exit`, which much of npm brings along, are
 * no handlers: they end the process if they are alone, and would wait for ever beside ours.
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
