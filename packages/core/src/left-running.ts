import { after, type Clock } from './clock.ts'
import { warn } from './errors.ts'

/** How long (ms) after an idle end a process that lives on is left alone. */
const PATIENCE = 3000

const HINTS: Readonly<Record<string, string>> = {
  Timeout: 'a timer: clear it when the idle signal aborts, or unref() it',
  Immediate: 'setImmediate in a loop',
  TCPSocketWrap:
    'an open connection: a database client or an agent that keeps connections alive, to be closed on the idle signal',
  TCPServerWrap: 'another server: watch it too, or close it on the idle signal',
  PipeWrap: 'a pipe or unix socket, those of stdin, stdout and stderr among them: a child process, a local client',
  PipeServerWrap: 'a server on a unix socket: watch it too, or close it on the idle signal',
  ProcessWrap: 'a child process: end it, or unref() it',
  MessagePort: 'a message port or a worker: close() it, or unref() it',
  FSEventWrap: 'a file watcher: close it',
  StatWatcher: 'a file watcher: unwatchFile()',
  UDPWrap: 'a datagram socket: close it',
  TTYWrap: 'the terminal is read: process.stdin.unref()',
  SignalWrap: 'a signal handler that was told to ref()',
}

/**
 * Warns once, some seconds after an idle end, if the process is still alive, and says what keeps it. Does not keep it alive
 * itself. Returns its undo.
 *
 * @see https://nodejs.org/api/process.html#processgetactiveresourcesinfo which does not list running workers
 */
export function watchForLeftovers(clock: Clock): () => void {
  return after(clock, PATIENCE, () => {
    const counts = new Map<string, number>()
    for (const kind of process.getActiveResourcesInfo()) counts.set(kind, (counts.get(kind) ?? 0) + 1)
    const lines = [...counts].map(
      ([kind, count]) => `  ${count} × ${kind}${HINTS[kind] === undefined ? '' : ` (${HINTS[kind]})`}`,
    )
    // Without such a listener the channel holds nothing.
    const listened = process.listenerCount('message') + process.listenerCount('disconnect') > 0
    if (process.connected && listened) lines.push('  the IPC channel to the parent process (process.disconnect())')
    lines.push('  workers, which Node does not list: terminate() them, or unref() them')
    warn(
      'IDLE_STILL_RUNNING',
      `Every server closed ${PATIENCE / 1000} s ago because nobody used it, but the process is still running. What may keep it:\n${lines.join('\n')}`,
    )
  })
}
