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
  SignalWrap: 'a signal handler on which ref() was called',
}

/**
 * Returns what may keep this process alive, one line each: the resources that Node names, and those that it does not
 * list.
 *
 * Loaded only for a warning, since hardly any process still runs some seconds after its end.
 */
export function activeResources(kinds: readonly string[], hasWorkers: boolean): string[] {
  const counts = new Map<string, number>()
  for (const kind of kinds) counts.set(kind, (counts.get(kind) ?? 0) + 1)
  const lines = [...counts].map(
    ([kind, count]) => `  ${count} × ${kind}${HINTS[kind] === undefined ? '' : ` (${HINTS[kind]})`}`,
  )
  // Without such a listener, the channel does not keep the process alive.
  const listened = process.listenerCount('message') + process.listenerCount('disconnect') > 0
  if (process.connected && listened) lines.push('  the IPC channel to the parent process (process.disconnect())')
  if (hasWorkers) lines.push('  workers, which Node does not list: terminate() them, or unref() them')
  return lines
}
