import { isMainThread } from 'node:worker_threads'
import { type AnyServer, type CloseReport, IdleUsageError } from '@idle-shutdown/core'
import { onListening, onWatched } from './discovery.ts'
import { leaveForSure } from './leaving.ts'
import { inWords, Log, say } from './log.ts'
import { readSettings, type Settings } from './settings.ts'
import { drainOnSignals } from './signals.ts'
import { WatchedServers } from './watched-servers.ts'

/** Set on `globalThis` by a supervisor: its own servers are not to be watched where NODE_OPTIONS preloads this. */
const SUPERVISES: unique symbol = Symbol.for('idle-shutdown.supervises')

/**
 * Watches every server that this process starts to listen on, and ends the process when all are idle.
 *
 * Does nothing until a server listens, so that a process without one, such as a build tool's child, is not affected. Does
 * nothing in worker threads and in cluster workers. Wrong settings end the process with code 1 and one sentence.
 */
export function register(): void {
  if (!isMainThread) return
  const settings = settingsOrEnd()
  const log = new Log(settings.log)
  let signalled = false
  const watched = new WatchedServers(settings, {
    confirm: () => true,
    ending: () => {},
    ended: (report) => {
      log.end(ended(report))
      if (settings.exit === 'force') leaveForSure()
    },
    seen: (server, how) => log.detail(`${placeOf(server)}: ${how}`),
  })
  onWatched((server) => watched.watchedBySomebody(server))
  onListening((server) => {
    if (Reflect.has(globalThis, SUPERVISES)) return
    if (isClusterWorker()) {
      log.detail('a cluster worker is not watched: its primary starts workers, and would start this one again')
      return
    }
    if (!signalled) {
      signalled = true
      drainOnSignals((signal) => {
        log.detail(`${signal}: closing`)
        return watched.close(signal)
      })
    }
    watched.listening(server)
  })
}

function settingsOrEnd(): Settings {
  try {
    return readSettings(process.env)
  } catch (error) {
    if (!(error instanceof IdleUsageError)) throw error
    say(error.message)
    process.exit(1)
  }
}

function ended({ reason, duration, drained, destroyed }: CloseReport): string {
  const idleFor = reason instanceof Error && 'patience' in reason ? Number(reason.patience) : 0
  const closing = [`closed in ${inWords(duration)}`]
  if (drained > 0) closing.push(`${drained} answered meanwhile`)
  if (destroyed > 0) closing.push(`${destroyed} cut after the grace`)
  return `idle for ${inWords(idleFor)}: ${closing.join(', ')}`
}

function placeOf(server: AnyServer): string {
  const address = server.address()
  if (typeof address === 'string') return address
  return address === null ? 'a server' : `port ${address.port}`
}

/** Asked only when something listens: loading node:cluster would cost every process. */
function isClusterWorker(): boolean {
  return Reflect.get(process.getBuiltinModule('node:cluster'), 'isWorker') === true
}
