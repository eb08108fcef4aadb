import type { Http2Session, IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2'
import type { Reason } from '../explanation.ts'
import { afterTwoTurns } from '../last-look.ts'
import type { Opening } from '../openings.ts'
import type { RequestInfo } from '../options.ts'
import { carriedBy, carry } from './carrier.ts'
import { Connection } from './connection.ts'

/** http2.constants.NGHTTP2_NO_ERROR, without importing node:http2, which would cost every start. */
const NO_ERROR = 0

/** A connection that speaks HTTP/2: new until its first SETTINGS, then idle until its first stream. */
export class Http2Connection extends Connection {
  readonly #session: Http2Session
  /** The streams in progress, and whether each is ignored. */
  readonly #streams = new Map<ServerHttp2Stream, boolean>()
  /** Those that are tunnels: a WebSocket (RFC 8441), or another CONNECT. */
  readonly #tunnels = new Set<ServerHttp2Stream>()
  #settled: boolean
  /** How the opening of this session renewed the deadline, until a stream that is activity has ended. */
  #opening: Opening | undefined

  /** Takes the place of `connection`, which had not shown its protocol. `settled`: the client's SETTINGS have come. */
  constructor(connection: Connection, session: Http2Session, settled: boolean) {
    const { site, socket, stream, bare } = connection
    connection.forget()
    super(site, socket, bare, false)
    if (stream !== socket) this.secured(stream)
    this.#session = session
    this.#settled = settled
    if (!settled) {
      session.once('remoteSettings', this.#onSettings)
      this.boundSilence()
    }
    session.on('goaway', this.#onGoaway)
  }

  /** A stream's headers have come. */
  begin(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    if (this.#streams.has(stream)) return
    const { site } = this
    const { countdown } = site
    const ignored = site.settings.ignored?.(requestInfo(headers)) === true
    this.#streams.set(stream, ignored)
    if (headers[':method'] === 'CONNECT') this.#tunnels.add(stream)
    carry(stream, carriedBy(this.stream))
    stream.on('close', onStreamClose)
    if (ignored) {
      countdown.beginSoft()
      this.#retractOpening()
    } else if (this.bare) {
      this.bare = false
    } else {
      countdown.begin()
    }
    if (site.drain.finishing) this.#session.close()
  }

  /** A stream has closed, answered or not. */
  closed(stream: ServerHttp2Stream): void {
    const ignored = this.#streams.get(stream)
    if (ignored === undefined) return
    this.#streams.delete(stream)
    this.#tunnels.delete(stream)
    if (!ignored) this.#opening = undefined
    this.ended(ignored)
    const { drain } = this.site
    if (drain.begun && stream.rstCode === NO_ERROR && stream.writableFinished) drain.drained++
  }

  /** A stream in progress turns out to be no activity. */
  ignore(stream: ServerHttp2Stream): void {
    if (this.#streams.get(stream) !== false) return
    this.#streams.set(stream, true)
    this.site.countdown.beginSoft()
    this.site.countdown.retract()
    this.#retractOpening()
  }

  get arrived(): number {
    return this.socket.bytesRead
  }

  /** SETTINGS and PING are no request, and a HEADERS frame is one as soon as it has come: what is left are pushed streams. */
  get headBegun(): boolean {
    return openStreams(this.#session) > this.#streams.size
  }

  get silent(): boolean {
    return !this.#settled
  }

  announce(): void {
    // The first of the two GOAWAYs of a graceful end (RFC 9113, section 6.8): no stream is refused yet.
    if (this.#settled && !this.#session.destroyed) this.#session.goaway(NO_ERROR, 2 ** 31 - 1)
  }

  finish(): void {
    if (this.#settled || this.#streams.size > 0) this.#session.close()
    if (this.site.drain.endsUpgrades) for (const tunnel of this.#tunnels) tunnel.end(() => tunnel.close())
  }

  override destroy(): void {
    this.#session.destroy()
    super.destroy()
  }

  /**
   * Streams that are closed on the wire, and that Node waits for all the same: where a client resets one with NO_ERROR, as Node's
   * own does by `close()` and by destroying its session, what waited to be sent is never reported as written (20 to 24). Behind a
   * GOAWAY, Node does not even see the client leave. What was handed to the socket is sent nevertheless.
   *
   * And a closed session without a stream: Node ends it with its last one, but not where something waits to be sent just then.
   */
  override destroyClosed(): void {
    super.destroyClosed()
    for (const stream of this.#streams.keys()) if (stream.closed) stream.destroy()
    if (this.#session.closed && this.#streams.size + openStreams(this.#session) === 0) this.#session.destroy()
  }

  override explain(reasons: Reason[]): void {
    super.explain(reasons)
    for (const [stream, ignored] of this.#streams)
      reasons.push({ kind: 'stream', label: `${stream.id} ${this.origin}`, ignored })
  }

  protected release(): void {
    // What leads back from a session that has ended would keep Node from letting go of one whose SETTINGS nobody acknowledged.
    this.#session.off('remoteSettings', this.#onSettings)
    this.#session.off('goaway', this.#onGoaway)
    // It closed without a stream: an activity, if a short one.
    if (this.#opening !== undefined) this.site.countdown.openings.keep(this.#opening)
    for (const ignored of this.#streams.values()) this.ended(ignored)
    this.#streams.clear()
  }

  readonly #onGoaway = (): void => {
    // Once what came with it has been read.
    afterTwoTurns(() => this.destroyClosed())
  }

  readonly #onSettings = (): void => {
    this.#settled = true
    const { countdown, drain } = this.site
    if (this.bare) {
      this.bare = false
      this.forgetSilence()
      this.#opening = countdown.endOpening()
    }
    // Accepted while the listener was going down: its first request may be on its way.
    if (drain.begun) afterTwoTurns(() => drain.finishing && this.#session.close())
  }

  /** A session that carries only ignored streams was no activity, at its opening neither. */
  #retractOpening(): void {
    const { countdown } = this.site
    if (this.bare) {
      this.bare = false
      countdown.retract()
    } else if (this.#opening !== undefined) {
      countdown.unrenew(this.#opening)
      this.#opening = undefined
    }
  }
}

function onStreamClose(this: ServerHttp2Stream): void {
  for (let connection = carriedBy(this); connection !== undefined; ) {
    const { next } = connection
    if (connection instanceof Http2Connection) connection.closed(this)
    connection = next
  }
}

/** How many streams a session has open, pushed ones included, which no event shows. Node keeps that to itself. */
function openStreams(session: Http2Session): number {
  const key = Object.getOwnPropertySymbols(session).find(({ description }) => description === 'state')
  const state: unknown = key === undefined ? undefined : Reflect.get(session, key)
  // Not instanceof Map: Node's own Maps have no prototype.
  const { size } = Object(Object(state).streams)
  return typeof size === 'number' ? size : 0
}

function requestInfo(headers: IncomingHttpHeaders): RequestInfo {
  return { method: headers[':method'], url: headers[':path'], headers }
}
