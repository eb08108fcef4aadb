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

/** Says of each server that it is watched from now on: the preload leaves a program that watches its own alone. */
const watched = channel(WATCH)

/** What a watch belongs to: several servers under one clock. */
export interface Shutdown {
  readonly countdown: Countdown
  readonly settings: ShutdownSettings
  readonly drain: Drain
  /** The server listens, or was given a connection. */
  opened(watch: ServerWatch): void
  /** The server has closed: no listener, no connection. */
  closed(watch: ServerWatch): void
}

/** One server: its events become connections. Adds no listener that changes what the server does. */
export class ServerWatch implements Site {
  readonly server: AnyServer
  readonly connections: Set<Connection> = new Set()
  /** How many times it is watched. */
  references: number = 1
  /** How many connections have come. */
  arrivals = 0
  /** Whether it has ever listened, or been given a connection. */
  hasOpened = false
  /** Whether it has closed since it last listened. Node emits 'close' for a server that never listened as well (20 to 26). */
  hasClosed = false
  readonly countdown: Countdown
  readonly settings: ShutdownSettings
  readonly drain: Drain
  #hasListened = false
  readonly #shutdown: Shutdown
  readonly #http: boolean
  /** Whether it speaks TLS or HTTP/2: what goes on in there, Node does not always tell. */
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

  /** Begins to watch. A server that is in use already is taken over with its connections. */
  attach(): void {
    const { server } = this
    watchedServers.add(server)
    watched.publish(server)
    // Before Node's own listeners, which make a session or a TLS socket of the connection at once.
    for (const [event, listener] of Object.entries(this.#listeners)) server.prependListener(event, listener)
    if (this.#http) {
      for (const event of UPGRADES) if (server.listenerCount(event) > 0) server.prependListener(event, this.#upgrade)
      this.#stopWatchingRequests = watchRequests()
    }
    if (server.listening) this.#listen()
    this.#adopt()
  }

  /** Whether nothing is left of it: no listener, no connection. */
  get isOver(): boolean {
    return !this.server.listening && this.connections.size === 0 && (this.hasClosed || !this.#hasListened)
  }

  /** The end is decided, and the listener is about to go down. */
  announce(): void {
    this.spare()
    for (const connection of this.connections) connection.announce()
  }

  /** Takes the listener down and lets connections be. One that does not listen yet is closed as soon as it does. */
  close(): void {
    this.spare()
    if (this.server.listening) this.server.close()
  }

  /**
   * From now on a `close()` by anyone leaves connections to the drain: Fastify closes its further servers when the first
   * has closed, whether or not they have flushed.
   */
  spare(): void {
    this.#unspare ??= spareConnections(this.server)
  }

  /** The listeners are down: connections are looked at more often from now on. */
  finish(): void {
    if (this.#http || this.#opaque) this.#looks.finish()
  }

  /** Removes every listener, and lets go of what is in progress. */
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
   * Live sockets of a server that was in use before it was watched are taken over, and silent ones count as idle. It may
   * listen no longer, or never have: a socket can be given to it by hand.
   */
  #adopt(): void {
    for (const socket of liveSockets(this.server)) {
      if (socket.destroyed || connectionOn(socket, this) !== undefined) continue
      if (!this.hasOpened) this.#open()
      // What goes on inside TLS or HTTP/2 cannot be seen from outside: it counts until its next request ends, or it closes.
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
    // HTTP/1, until a session shows otherwise.
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
      // A session that was open before its server was watched.
      this.#session(stream.session, true)
      connection = connectionOn(socketBelow(socket) ?? socket, this)
    }
    if (connection instanceof Http2Connection) connection.begin(stream, headers)
  }

  readonly #upgrade = (request: IncomingMessage): void => {
    const connection = connectionOn(request.socket, this)
    if (connection instanceof Http1Connection) connection.upgrade(request)
  }

  // A server with a listener of 'upgrade' treats upgrade requests differently, so ours is there only while the user's is.

  #beforeListener(event: string, listener: unknown): void {
    // Each watch answers to the listeners of the user only: two of them would otherwise answer to each other without an end.
    if (!UPGRADES.includes(event) || ours.has(Object(listener))) return
    if (!this.server.listeners(event).includes(this.#upgrade)) this.server.prependListener(event, this.#upgrade)
  }

  #afterListener(event: string): void {
    if (UPGRADES.includes(event) && this.server.listeners(event).every((listener) => ours.has(listener))) {
      this.server.off(event, this.#upgrade)
    }
  }
}

/** The listeners of 'upgrade' and 'connect' of every watch. */
const ours = new WeakSet<object>()

/** One function for every socket, whoever watches it. */
function onSocketClose(this: Socket): void {
  for (let connection = carriedBy(this); connection !== undefined; connection = carriedBy(this)) connection.leave()
}

const UPGRADES: readonly string[] = ['upgrade', 'connect']
