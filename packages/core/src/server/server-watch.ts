import { channel } from 'node:diagnostics_channel'
import type { EventEmitter } from 'node:events'
import { IncomingMessage, ServerResponse } from 'node:http'
import type {
  Http2ServerRequest,
  Http2ServerResponse,
  Http2Session,
  IncomingHttpHeaders,
  ServerHttp2Stream,
} from 'node:http2'
import type { Socket } from 'node:net'
import type { DrainedServer } from '../closing/drain.ts'
import { AdoptedConnection, adoptRequest, connectionOfSession } from '../connection/adoption.ts'
import { bytesRead, countBytes } from '../connection/bytes.ts'
import {
  type Connection,
  type ConnectionContext,
  connectionOn,
  type DrainState,
  firstConnectionOn,
} from '../connection/connection.ts'
import { Http1Connection } from '../connection/http1-connection.ts'
import { socketBelow } from '../connection/node-internals.ts'
import { PlainConnection } from '../connection/plain-connection.ts'
import { onRequest, watchRequests } from '../connection/request-channel.ts'
import type { ShutdownSettings } from '../options.ts'
import type { Countdown } from '../tracker/countdown.ts'
import { WATCH, withoutChannels } from './discovery.ts'
import { PeriodicChecks } from './periodic-checks.ts'
import {
  type AnyServer,
  activations,
  isHttp1,
  isHttp2,
  isTls,
  keepConnectionsOnClose,
  liveSockets,
  watchedServers,
} from './server.ts'

type Listener = Parameters<EventEmitter['on']>[1]

/** Published for each server that is watched. The preload uses it to skip servers that the program watches itself. */
const watched = channel(WATCH)

/** A shutdown as its watches see it: several servers under one clock. */
export interface Shutdown {
  readonly countdown: Countdown
  readonly settings: ShutdownSettings
  readonly drain: DrainState
  /** Called when the server listens or is given a connection. */
  onServerOpened(watch: ServerWatch): void
  /** Called when the server has closed: no listener, no connection. */
  onServerClosed(watch: ServerWatch): void
}

/** Turns the events of one server into connections. Adds no listener that changes how the server behaves. */
export class ServerWatch implements ConnectionContext, DrainedServer {
  readonly server: AnyServer
  readonly connections: Set<Connection> = new Set()
  /** The number of `watch()` calls that have not been undone. */
  references: number = 1
  /** The number of connections that have arrived. */
  arrivals = 0
  /** `true` if the server has ever listened or been given a connection. */
  hasOpened = false
  /**
   * `true` if the server has closed since it last listened. Node emits 'close' also for a server that never listened
   * (Node 20-26).
   */
  hasClosed = false
  readonly countdown: Countdown
  readonly settings: ShutdownSettings
  readonly drain: DrainState
  #hasListened = false
  readonly #shutdown: Shutdown
  readonly #http: boolean
  /** `true` for TLS and HTTP/2, where Node does not report everything that happens on a connection. */
  readonly #opaque: boolean
  readonly #listeners: Record<string, Listener>
  #restoreClose: (() => void) | undefined
  #stopWatchingRequests: (() => void) | undefined
  readonly #checks: PeriodicChecks

  constructor(server: AnyServer, shutdown: Shutdown) {
    this.server = server
    ours.add(this.#upgrade)
    this.countdown = shutdown.countdown
    this.settings = shutdown.settings
    this.drain = shutdown.drain
    this.#checks = new PeriodicChecks(this.connections, shutdown.countdown, shutdown.drain)
    this.#shutdown = shutdown
    this.#http = isHttp1(server) || isHttp2(server)
    this.#opaque = isTls(server) || isHttp2(server)
    this.#listeners = {
      listening: () => this.#listen(),
      close: () => this.#close(),
      connection: (socket: Socket) => this.#accept(socket),
      ...(isTls(server) && { secureConnection: (socket: Socket) => this.#secure(socket) }),
      ...(isHttp2(server) && {
        session: (session: Http2Session) => connectionOfSession(this, session, false),
        stream: (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => this.#stream(stream, headers),
      }),
      ...(withoutChannels && isHttp1(server) && { request: onRequest }),
      ...(this.#http && {
        newListener: (event: string, listener: unknown) => this.#beforeListener(event, listener),
        removeListener: (event: string) => this.#afterListener(event),
      }),
    }
  }

  /** Starts to watch. Takes over the connections of a server that is already in use. */
  attach(): void {
    const { server } = this
    watchedServers.add(server)
    watched.publish(server)
    // Ours run before Node's own listeners, which make a session or a TLS socket of the connection at once.
    for (const [event, listener] of Object.entries(this.#listeners)) server.prependListener(event, listener)
    if (this.#http) {
      for (const event of UPGRADES) if (server.listenerCount(event) > 0) server.prependListener(event, this.#upgrade)
      this.#stopWatchingRequests = watchRequests()
    }
    if (server.listening) this.#listen()
    this.#adopt()
  }

  /** Reports whether the server has no listener and no connection. */
  get isOver(): boolean {
    return !this.server.listening && this.connections.size === 0 && (this.hasClosed || !this.#hasListened)
  }

  /** Announces the end on all connections. Called when the end is decided, before the listener closes. */
  announce(): void {
    this.keepConnections()
    for (const connection of this.connections) connection.announce()
  }

  /**
   * Closes the listener, and leaves the connections open. A server that does not listen yet is closed as soon as it
   * does.
   */
  close(): void {
    this.keepConnections()
    if (this.server.listening) this.server.close()
  }

  /**
   * Makes each later `close()` of the server leave its connections to the drain.
   *
   * Fastify closes its further servers when the first one has closed, whether or not these have flushed.
   */
  keepConnections(): void {
    this.#restoreClose ??= keepConnectionsOnClose(this.server)
  }

  draining(grace: number): void {
    activations.get(this.server)?.draining(grace)
  }

  /** Checks the connections more often from now on. Called when the listeners have closed. */
  checkOften(): void {
    if (this.hasOpened && (this.#http || this.#opaque)) this.#checks.speedUp()
  }

  destroyConnections(): void {
    if ('closeAllConnections' in this.server) this.server.closeAllConnections()
  }

  /** Removes all listeners, and stops counting everything in progress. */
  detach(): void {
    for (const [event, listener] of Object.entries(this.#listeners)) this.server.off(event, listener)
    for (const event of UPGRADES) this.server.off(event, this.#upgrade)
    this.#stopWatchingRequests?.()
    this.#restoreClose?.()
    this.#checks.stop()
    for (const connection of this.connections) {
      connection.untrack()
      if (firstConnectionOn(connection.socket) === undefined) connection.socket.off('close', onSocketClose)
    }
  }

  /** Counts a request that began before the server was watched. */
  adoptRequest(request: IncomingMessage | Http2ServerRequest, response: ServerResponse | Http2ServerResponse): void {
    if (request instanceof IncomingMessage) {
      if (response instanceof ServerResponse) adoptRequest(this, request, response)
    } else if (!(response instanceof ServerResponse)) {
      this.#stream(request.stream, request.headers)
    }
  }

  /**
   * Takes over the live sockets of a server that was in use before it was watched. Silent sockets count as idle.
   *
   * The server may have stopped listening, or never have listened, since a socket can be given to it directly.
   */
  #adopt(): void {
    for (const socket of liveSockets(this.server)) {
      if (socket.destroyed || connectionOn(socket, this) !== undefined) continue
      if (!this.hasOpened) this.#open()
      this.#expect(socket)
      const read = bytesRead(socket)
      // Node does not show requests in progress inside TLS or HTTP/2.
      if (this.#http) new AdoptedConnection(this, socket, read, this.#opaque && read > 0)
      else new PlainConnection(this, socket, false)
    }
  }

  #listen(): void {
    this.#hasListened = true
    this.hasClosed = false
    this.#open()
  }

  #open(): void {
    this.hasOpened = true
    this.#shutdown.onServerOpened(this)
  }

  #close(): void {
    this.hasClosed = true
    this.#shutdown.onServerClosed(this)
  }

  #accept(socket: Socket): void {
    this.arrivals++
    if (!this.hasOpened) this.#open()
    this.#expect(socket)
    const handshakes = isTls(this.server)
    // The protocol is HTTP/1 until Node emits 'session'.
    const connection = this.#http
      ? new Http1Connection(this, socket, handshakes ? 'handshaking' : 'new', this.settings.activity === 'connections')
      : new PlainConnection(this, socket, handshakes)
    if (this.drain.begun) this.drain.accepted(connection)
  }

  /** Prepares for a connection on this socket. */
  #expect(socket: Socket): void {
    if (this.#http || this.#opaque) this.#checks.start()
    if (this.#http && !this.#opaque) countBytes(socket)
    if (firstConnectionOn(socket) === undefined) socket.on('close', onSocketClose)
  }

  #secure(socket: Socket): void {
    const below = socketBelow(socket)
    if (below !== undefined) connectionOn(below, this)?.onSecure(socket)
  }

  #stream(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    if (stream.session?.socket === undefined) return
    connectionOfSession(this, stream.session, true)?.streamOpened(stream, headers)
  }

  readonly #upgrade = (request: IncomingMessage): void => {
    const connection = connectionOn(request.socket, this)
    if (connection instanceof Http1Connection) connection.upgrade(request)
  }

  // A listener of 'upgrade' changes how Node treats upgrade requests, so ours is there only while the user has one.

  #beforeListener(event: string, listener: unknown): void {
    // React only to the user's listeners: two watches would otherwise react to each other endlessly.
    if (!UPGRADES.includes(event) || ours.has(Object(listener))) return
    if (!this.server.listeners(event).includes(this.#upgrade)) this.server.prependListener(event, this.#upgrade)
  }

  #afterListener(event: string): void {
    if (UPGRADES.includes(event) && this.server.listeners(event).every((listener) => ours.has(listener))) {
      this.server.off(event, this.#upgrade)
    }
  }
}

/** The 'upgrade' and 'connect' listeners of all watches. */
const ours = new WeakSet<object>()

/** Handles 'close' of a socket. Shared, so that a socket watched twice has one listener. */
function onSocketClose(this: Socket): void {
  for (let each = firstConnectionOn(this); each !== undefined; each = each.next) each.untrack()
}

const UPGRADES: readonly string[] = ['upgrade', 'connect']
