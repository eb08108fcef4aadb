import module from 'node:module'
import { isMainThread } from 'node:worker_threads'
import { inheritedSockets } from '@idle-shutdown/activation'
import { type AnyServer, type CloseReport, IdleUsageError } from '@idle-shutdown/core'
import { formatDuration } from '../format-duration.ts'
import { SUPERVISES, supervisorInfo } from '../protocol/supervisor-info.ts'
import { readSettings, type Settings, warnOfShortPatience } from '../settings.ts'
import { returnIdleConnections } from './connections/return-idle-connections.ts'
import { onListening, onWatched } from './discovery.ts'
import type { Endpoint } from './listen/endpoint.ts'
import { heldEndpoints } from './listen/held-endpoints.ts'
import { keepPaths } from './listen/held-path.ts'
import { InheritedEndpoints } from './listen/inherited-endpoints.ts'
import { type EndpointSource, interceptListen, type Observer } from './listen/intercept-listen.ts'
import { isOwn } from './listen/own-servers.ts'
import { hasPassedSockets, hideFromChildren, ownsPassedSockets, withVariables } from './listen/passed-variables.ts'
import { closeAfterWork } from './process/close-after-work.ts'
import { Log, say } from './process/log.ts'
import { ProcessEnd } from './process/process-end.ts'
import { Signals } from './process/signals.ts'
import { Supervisor } from './supervisor/supervisor.ts'
import { WatchedServers } from './watched-servers.ts'

/**
 * Watches every server that this process starts to listen on, and ends the process when all are idle.
 *
 * Does nothing until a server listens, so that a process without one, such as a build tool's child, is not affected.
 * Does nothing in worker threads and in cluster workers. Wrong settings end the process with code 1 and one sentence.
 */
export function register(): void {
  const held = supervisorInfo()
  if (!isMainThread) {
    if (held === undefined) return
    const endpoints = refusing(heldEndpoints(held, undefined), 'a worker thread')
    interceptListen({ list: () => endpoints }, { report: () => {}, given: () => {} })
    return
  }
  const settings = settingsOrEnd()
  const log = new Log(settings.log)
  const supervisor = held && new Supervisor(held)
  const inherited =
    held === undefined && hasPassedSockets() ? inheritedEndpoints((server) => watched.isPrograms(server)) : undefined
  const { watched, signals } = watch(settings, log, supervisor, inherited)
  const observer = { report: (line: string) => log.detail(line), given: (server: AnyServer) => watched.given(server) }
  if (held !== undefined) {
    cacheCompiledCode()
    const paths = held.addresses.flatMap((address) => ('path' in address ? [address.path] : []))
    if (paths.length > 0) keepPaths(() => paths)
    const endpoints = heldEndpoints(held, supervisor)
    takeEndpoints(
      { list: () => (isClusterWorker() ? refusing(endpoints, 'a cluster worker') : endpoints) },
      observer,
      watched,
    )
  } else if (inherited !== undefined) {
    takeEndpoints(inherited, observer, watched)
  }
  watchWhatListens(watched, signals, log, supervisor !== undefined)
}

function takeEndpoints(endpoints: EndpointSource, observer: Observer, watched: WatchedServers): void {
  watched.interceptListen = interceptListen(endpoints, observer)
}

/** Watches the servers, and ends the process when they are idle, at a signal, or when the supervisor has ended. */
function watch(
  settings: Settings,
  log: Log,
  supervisor: Supervisor | undefined,
  inherited: InheritedEndpoints | undefined,
): { readonly watched: WatchedServers; readonly signals: Signals } {
  const signals = new Signals({
    drain: async (signal) => {
      log.detail(`${signal}: closing`)
      await watched.close(signal)
      supervisor?.drained()
    },
    heard: () => {
      inherited?.end()
      closeAfterWork(watched.servers)
    },
  })
  const end = new ProcessEnd(signals, {
    called: () => {
      log.detail('the SIGTERM listeners of the program have been called')
      // They have the grace. A line after it names what keeps the process alive.
      watched.cancelStillRunningWarning()
    },
    done: () => supervisor?.drained(),
  })
  const endProcess = (force: boolean): void =>
    end.begin({ force, left: watched.graceLeft, listeners: !watched.programListens })
  const watched = new WatchedServers(settings, {
    confirm: () => supervisor?.mayExit() ?? true,
    ending: (servers) => {
      inherited?.end()
      if (supervisor === undefined) return
      supervisor.draining()
      for (const server of servers) returnIdleConnections(server, supervisor)
    },
    ended: (report) => {
      log.end(ended(report))
      endProcess(settings.exit === 'force')
    },
    seen: (server, how) => log.detail(`${placeOf(server)}: ${how}`),
  })
  supervisor?.serve(watched, () => {
    log.end('the supervisor has ended: closing')
    void watched.close(new Error('The supervisor has ended')).then(() => endProcess(true))
  })
  return { watched, signals }
}

function watchWhatListens(watched: WatchedServers, signals: Signals, log: Log, supervised: boolean): void {
  let warned = supervised
  onWatched((server) => watched.watchedByProgram(server))
  onListening((server) => {
    if (Reflect.has(globalThis, SUPERVISES) || isOwn(server)) return
    if (isClusterWorker()) {
      log.detail('a cluster worker is not watched: its primary starts workers, and would start this one again')
      return
    }
    // The supervisor has already warned. A process that does not listen, such as npm's, need not warn.
    if (!warned) warnOfShortPatience(process.env)
    warned = true
    signals.begin()
    watched.listening(server)
  })
}

/** Returns the sockets that systemd passed. Each is opened only when a server takes it. */
function inheritedEndpoints(isEnd: (server: AnyServer) => boolean): InheritedEndpoints {
  const endpoints = new InheritedEndpoints(isEnd)
  if (!ownsPassedSockets()) return endpoints
  hideFromChildren()
  try {
    // Sets the variable of this package for cluster workers now, since they do not inherit LISTEN_* either.
    withVariables(inheritedSockets)
  } catch {
    // The same error is thrown when a server listens.
  }
  keepPaths(() => endpoints.paths)
  return endpoints
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
  const closing = [`closed in ${formatDuration(duration)}`]
  if (drained > 0) closing.push(`${drained} answered meanwhile`)
  if (destroyed > 0) closing.push(`${destroyed} cut after the grace`)
  return `idle for ${formatDuration(idleFor)}: ${closing.join(', ')}`
}

function placeOf(server: AnyServer): string {
  const address = server.address()
  if (typeof address === 'string') return address
  return address === null ? 'a server' : `port ${address.port}`
}

/** Returns endpoints that this process cannot serve. `listen()` throws a clear error instead of EADDRINUSE. */
function refusing(endpoints: readonly Endpoint[], who: string): readonly Endpoint[] {
  return endpoints.map((endpoint) => ({
    ...endpoint,
    check() {
      throw new IdleUsageError(
        'ERR_IDLE_CLUSTER_WORKER',
        `${who[0]?.toUpperCase()}${who.slice(1)} cannot serve a held address. Listen in the main thread of one process`,
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
