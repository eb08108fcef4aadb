import cluster from 'node:cluster'
import type { AnyServer } from '@idle-shutdown/core'
import { activations } from '@idle-shutdown/core/adapter'
import { beforeClose } from './before-close.ts'
import { readInherited } from './inherited-sockets.ts'
import { type Notification, notify } from './notify.ts'
import { debug } from './sd-notify.ts'
import { service, speaksForService } from './service-variables.ts'

/** The time (ms) that a drain may take beyond its grace before systemd ends it, and then the longest extension (ms). */
const SPARE = 5000
const LONGEST_EXTENSION = 60_000

/** The servers that the process serves, and that have not begun to close. */
const serving = new Set<AnyServer>()
let watched = false

/**
 * Registers a server. Sends READY=1 when every inherited socket is served. Sends STOPPING=1, and how long the end may
 * take, when the last server starts to close. Begins to answer the watchdog.
 */
export function registerService(server: AnyServer, startedAgainBy: string): void {
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
    // The end of a worker is not the end of the service.
    if (!serving.delete(server) || serving.size > 0 || cluster.isWorker) return
    // Deferred, so that draining(grace) is called first.
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

/** Sends the notifications of `listen()`. A helper of the service that has its own servers sends none. */
function say(state: Notification): void {
  if (speaksForService(readInherited().sockets.length > 0)) void notify(state)
}

function allServed(): boolean {
  const { sockets, claimed } = readInherited()
  return sockets.every(({ fd }) => claimed.has(fd))
}

/** Sends WATCHDOG=1 twice as often as systemd asks for, as long as the event loop turns. */
function answerWatchdog(): void {
  const { socket, watchdog } = service()
  if (watched || !socket || watchdog === undefined) return
  watched = true
  const ms = Number(watchdog) / 2000
  if (ms > 0) setInterval(() => void notify({ watchdog: true }), ms).unref()
  else debug('WATCHDOG_USEC is %s, and no number of microseconds', watchdog)
}
