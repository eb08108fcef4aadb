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
import { bytesRead, countBytes } from './connection/bytes.ts'
import { carriedBy } from './connection/carrier.ts'
import { type Connection, connectionOn, type Site } from './connection/connection.ts'
import { Http1Connection } from './connection/http1-connection.ts'
import { Http2Connection } from './connection/http2-connection.ts'
import { PlainConnection } from './connection/plain-connection.ts'
import { adoptResponse, onRequest, socketBelow, watchRequests } from './connection/request-channel.ts'
import type { Countdown } from './countdown.ts'
import { WATCH, withoutChannels } from './discovery.ts'
import type { Drain } from './drain.ts'
import { Looks } from './looks.ts'
import type { ShutdownSettings } from './options.ts'
import { type AnyServer, isHttp1, isHttp2, isTls, liveSockets, spareConnections, watchedServers } from './server.ts'

type Listener = Parameters<EventEmitter['on']>[1]

/** Published for each server that is watched. The preload uses it to skip servers that the program watches itself. */
const watched = channel(WATCH)

/** A shutdown as its watches see it: several servers under one clock. */
export interface Shutdown {
  readonly countdown: Countdown
  readonly settings: ShutdownSettings
  readonly drain: Drain
  /** Called when the server listens or is given a connection. */
  opened(watch: ServerWatch): void
  /** Called when the server has closed: no listener, no connection. */
  closed(watch: ServerWatch): void
}

/** Turns the events of one server into connections. Adds no listener that changes how the server behaves. */
export class ServerWatch implements Site {
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
  readonly drain: Drain
  #hasListened = false
  readonly #shutdown: Shutdown
  readonly #http: boolean
  /** `true` for TLS and HTTP/2, where Node does not report everything that happens on a connection. */
  readonly #opaque: boolean
  readonly #listeners: Record<string, Listener>
  #unspare: (() => void) | undefined
  #stopWatchingRequests: (() => void) | undefined
  readonly #looks: Looks

  constructor(server: AnyServer, shutdown: Shutdown) {
    this.server = server
    ours.add(this.#upgrade)
    this.countdown = shutdown.countdown
    this.settings = shutdown.settings
    this.drain = shutdown.drain
    this.#looks = new Looks(this.connections, shutdown.countdown, shutdown.drain)
    this.#shutdown = shutdown
    this.#http = isHttp1(server) || isHttp2(server)
    this.#opaque = isTls(server) || isHttp2(server)
    this.#listeners = {
      listening: () => this.#listen(),
      close: () => this.#close(),
      connection: (socket: Socket) => this.#accept(socket),
      ...(isTls(server) && { secureConnection: (socket: Socket) => this.#secure(socket) }),
      ...(isHttp2(server) && {
        session: (session: Http2Session) => this.#session(session),
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
    this.spare()
    for (const connection of this.connections) connection.announce()
  }

  /**
   * Closes the listener, and leaves the connections open. A server that does not listen yet is closed as soon as it
   * does.
   */
  close(): void {
    this.spare()
    if (this.server.listening) this.server.close()
  }

  /**
   * Makes each later `close()` of the server leave its connections to the drain.
   *
   * Fastify closes its further servers when the first one has closed, whether or not these have flushed.
   */
  spare(): void {
    this.#unspare ??= spareConnections(this.server)
  }

  /** Checks the connections more often from now on. Called when the listeners have closed. */
  finish(): void {
    if (this.hasOpened && (this.#http || this.#opaque)) this.#looks.finish()
  }

  /** Removes all listeners, and stops counting everything in progress. */
  detach(): void {
    for (const [event, listener] of Object.entries(this.#listeners)) this.server.off(event, listener)
    for (const event of UPGRADES) this.server.off(event, this.#upgrade)
    this.#stopWatchingRequests?.()
    this.#unspare?.()
    this.#looks.end()
    for (const connection of this.connections) {
      connection.leave()
      if (carriedBy(connection.socket) === undefined) connection.socket.off('close', onSocketClose)
    }
  }

  /** Counts a request that began before the server was watched. */
  adoptRequest(request: IncomingMessage | Http2ServerRequest, response: ServerResponse | Http2ServerResponse): void {
    if (request instanceof IncomingMessage) {
      if (response instanceof ServerResponse) adoptResponse(response, this)
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
      // Node does not show requests in progress inside TLS or HTTP/2. The connection counts until its next request
      // ends, or until it closes.
      const connection = this.#connect(socket, !this.#http || (this.#opaque && bytesRead(socket) > 0), false)
      connection.takenOver()
    }
  }

  #listen(): void {
    this.#hasListened = true
    this.hasClosed = false
    this.#open()
  }

  #open(): void {
    this.hasOpened = true
    this.#shutdown.opened(this)
  }

  #close(): void {
    this.hasClosed = true
    this.#shutdown.closed(this)
  }

  #accept(socket: Socket): void {
    this.arrivals++
    if (!this.hasOpened) this.#open()
    const bare = !this.#http || this.settings.activity === 'connections'
    const connection = this.#connect(socket, bare, isTls(this.server))
    if (this.drain.begun) this.drain.accepted(connection)
  }

  #connect(socket: Socket, bare: boolean, securing: boolean): Connection {
    if (bare) this.countdown.begin()
    if (this.#http || this.#opaque) this.#looks.begin()
    if (this.#http && !this.#opaque) countBytes(socket)
    // The protocol is HTTP/1 until Node emits 'session'.
    const Kind = this.#http ? Http1Connection : PlainConnection
    if (carriedBy(socket) === undefined) socket.on('close', onSocketClose)
    return new Kind(this, socket, bare, securing)
  }

  #secure(socket: Socket): void {
    const below = socketBelow(socket)
    if (below !== undefined) connectionOn(below, this)?.secured(socket)
  }

  #session(session: Http2Session, settled = false): void {
    const { socket } = session
    const before = connectionOn(socketBelow(socket) ?? socket, this)
    if (before !== undefined) new Http2Connection(before, session, settled)
  }

  #stream(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    const socket = stream.session?.socket
    if (socket === undefined) return
    let connection = connectionOn(socketBelow(socket) ?? socket, this)
    if (connection instanceof Http1Connection && stream.session !== undefined) {
      // The session was open before its server was watched.
      this.#session(stream.session, true)
      connection = connectionOn(socketBelow(socket) ?? socket, this)
    }
    if (connection instanceof Http2Connection) connection.begin(stream, headers)
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
  for (let connection = carriedBy(this); connection !== undefined; connection = carriedBy(this)) connection.leave()
}

const UPGRADES: readonly string[] = ['upgrade', 'connect']
