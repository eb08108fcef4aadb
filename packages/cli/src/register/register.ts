import module from 'node:module'
import { isMainThread } from 'node:worker_threads'
import { inheritedSockets } from '@idle-shutdown/activation'
import { type AnyServer, type CloseReport, IdleUsageError } from '@idle-shutdown/core'
import { onListening, onWatched } from './discovery.ts'
import { keepPaths } from './held-path.ts'
import { heldBySupervisor, heldPlaces } from './held-places.ts'
import { InheritedPlaces } from './inherited-places.ts'
import { giveBackAll } from './keeping.ts'
import { leaveForSure } from './leaving.ts'
import { inWords, Log, say } from './log.ts'
import { isOwn } from './own-servers.ts'
import { arePassed, keepFromChildren, passedHere, withVariables } from './passed-variables.ts'
import type { Place } from './place.ts'
import { readSettings, type Settings, warnOfShortPatience } from './settings.ts'
import { drainOnSignals } from './signals.ts'
import { type Observer, type Places, standIn } from './stand-in.ts'
import { SUPERVISES } from './supervises.ts'
import { Supervisor } from './supervisor.ts'
import { WatchedServers } from './watched-servers.ts'

/**
 * Watches every server that this process starts to listen on, and ends the process when all are idle.
 *
 * Does nothing until a server listens, so that a process without one, such as a build tool's child, is not affected.
 * Does nothing in worker threads and in cluster workers. Wrong settings end the process with code 1 and one sentence.
 */
export function register(): void {
  const held = heldBySupervisor()
  if (!isMainThread) {
    if (held === undefined) return
    const places = refusing(heldPlaces(held, undefined), 'a worker thread')
    standIn({ list: () => places }, { report: () => {}, given: () => {} })
    return
  }
  const settings = settingsOrEnd()
  const log = new Log(settings.log)
  const supervisor = held && new Supervisor(held)
  const inherited =
    held === undefined && arePassed() ? inheritedPlaces((server) => watched.isPrograms(server)) : undefined
  const watched = watch(settings, log, supervisor, inherited)
  supervisor?.serve(watched, () => {
    log.end('the supervisor has ended: closing')
    void watched.close(new Error('The supervisor has ended')).then(leaveForSure)
  })
  const observer = { report: (line: string) => log.detail(line), given: (server: AnyServer) => watched.given(server) }
  if (held !== undefined) {
    cacheCompiledCode()
    const paths = held.addresses.flatMap((address) => ('path' in address ? [address.path] : []))
    if (paths.length > 0) keepPaths(() => paths)
    const places = heldPlaces(held, supervisor)
    takePlaces({ list: () => (isClusterWorker() ? refusing(places, 'a cluster worker') : places) }, observer, watched)
  } else if (inherited !== undefined) {
    takePlaces(inherited, observer, watched)
  }
  watchWhatListens(watched, log, supervisor, inherited)
}

function takePlaces(places: Places, observer: Observer, watched: WatchedServers): void {
  watched.standIn = standIn(places, observer)
}

function watch(
  settings: Settings,
  log: Log,
  supervisor: Supervisor | undefined,
  inherited: InheritedPlaces | undefined,
): WatchedServers {
  return new WatchedServers(settings, {
    confirm: () => supervisor?.mayGo() ?? true,
    ending: (servers) => {
      inherited?.end()
      if (supervisor === undefined) return
      supervisor.ending()
      for (const server of servers) giveBackAll(server, supervisor)
    },
    ended: (report) => {
      log.end(ended(report))
      supervisor?.closed()
      if (settings.exit === 'force') leaveForSure()
    },
    seen: (server, how) => log.detail(`${placeOf(server)}: ${how}`),
  })
}

function watchWhatListens(
  watched: WatchedServers,
  log: Log,
  supervisor: Supervisor | undefined,
  inherited: InheritedPlaces | undefined,
): void {
  let signalled = false
  onWatched((server) => watched.watchedBySomebody(server))
  onListening((server) => {
    if (Reflect.has(globalThis, SUPERVISES) || isOwn(server)) return
    if (isClusterWorker()) {
      log.detail('a cluster worker is not watched: its primary starts workers, and would start this one again')
      return
    }
    if (!signalled) {
      signalled = true
      // The supervisor has already warned. A process that does not listen, such as npm's, need not warn.
      if (supervisor === undefined) warnOfShortPatience(process.env)
      drainOnSignals(
        async (signal) => {
          log.detail(`${signal}: closing`)
          await watched.close(signal)
          supervisor?.closed()
        },
        () => inherited?.end(),
      )
    }
    watched.listening(server)
  })
}

/** Returns the sockets that systemd passed. Each is opened only when a server takes it. */
function inheritedPlaces(isEnd: (server: AnyServer) => boolean): InheritedPlaces {
  const places = new InheritedPlaces(isEnd)
  if (!passedHere()) return places
  keepFromChildren()
  try {
    // Sets the variable of this package for cluster workers now, since they do not inherit LISTEN_* either.
    withVariables(inheritedSockets)
  } catch {
    // The same error is thrown when a server listens.
  }
  keepPaths(() => places.paths)
  return places
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

/** Returns places that this process cannot serve. `listen()` throws a clear error instead of EADDRINUSE. */
function refusing(places: readonly Place[], who: string): readonly Place[] {
  return places.map((place) => ({
    ...place,
    check() {
      throw new IdleUsageError(
        'ERR_IDLE_CLUSTER_WORKER',
        `${who[0]?.toUpperCase()}${who.slice(1)} cannot serve what idle-shutdown holds; listen in the main thread of one process`,
      )
    },
  }))
}

/** Caches compiled code, so that the next cold start need not compile it again. Node 22.1 and later. */
function cacheCompiledCode(): void {
  const enable: unknown = Reflect.get(module, 'enableCompileCache')
  if (typeof enable === 'function') Reflect.apply(enable, module, [])
}

/**
 * Reports whether this is a cluster worker. Called only when a server listens, because loading node:cluster would cost
 * every process.
 */
function isClusterWorker(): boolean {
  return Reflect.get(process.getBuiltinModule('node:cluster'), 'isWorker') === true
}
