import cluster from 'node:cluster'
import type { AnyServer } from '@idle-shutdown/core'
import { activations } from '@idle-shutdown/core/adapter'
import { beforeClose } from './before-close.ts'
import { inheritance } from './inheritance.ts'
import { type Notification, notify } from './notify.ts'
import { service, speaksForService } from './service-variables.ts'
import { debug } from './supervisor.ts'

/** How much longer (ms) than the grace a drain may take before systemd ends it, and by how much it is extended at most. */
const SPARE = 5000
const LONGEST_EXTENSION = 60_000

/** The servers that the process serves, and that nobody closes yet. */
const serving = new Set<AnyServer>()
let watched = false

/**
 * A server serves: tells the supervisor, now that nothing is left to be served, that the process is ready; and when the last of the servers
 * begins to close, that it stops, and how long that may take. Begins to answer the watchdog.
 */
export function served(server: AnyServer, startedAgainBy: string): void {
  serving.add(server)
  let extension: NodeJS.Timeout | undefined
  let until = 0
  const extend = (stopping: boolean): void => {
    const left = until - performance.now()
    const more = left > 0 ? { extendTimeout: Math.min(left + SPARE, LONGEST_EXTENSION) } : {}
    if (stopping) say({ stopping: true, ...more })
    else if (left > 0) say(more)
    if (left > LONGEST_EXTENSION / 2) extension = setTimeout(extend, LONGEST_EXTENSION / 2, false).unref()
  }
  const stopping = (): void => {
    // A worker's end is not that of the service.
    if (!serving.delete(server) || serving.size > 0 || cluster.isWorker) return
    // After whoever closes it has said how long he waits.
    queueMicrotask(() => extend(true))
  }
  activations.set(server, {
    startedAgainBy,
    draining(grace) {
      until = performance.now() + grace
      stopping()
    },
  })
  beforeClose(server, stopping)
  server.once('close', () => clearTimeout(extension))

  if (allServed()) say({ ready: true })
  answerWatchdog()
}

/** Says what `listen()` says by itself: a helper of the service, which has servers of its own, does not speak for it. */
function say(state: Notification): void {
  if (speaksForService(inheritance().sockets.length > 0)) void notify(state)
}

function allServed(): boolean {
  const { sockets, claimed } = inheritance()
  return sockets.every(({ fd }) => claimed.has(fd))
}

/** Twice as often as systemd asks for, for as long as the event loop turns. */
function answerWatchdog(): void {
  const { socket, watchdog } = service()
  if (watched || !socket || watchdog === undefined) return
  watched = true
  const ms = Number(watchdog) / 2000
  if (ms > 0) setInterval(() => void notify({ watchdog: true }), ms).unref()
  else debug('WATCHDOG_USEC is %s, and no number of microseconds', watchdog)
}
