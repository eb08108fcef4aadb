import type { Http2Session, IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2'
import type { Reason } from '../explanation.ts'
import { afterTwoTurns } from '../last-look.ts'
import type { Opening } from '../openings.ts'
import type { RequestInfo } from '../options.ts'
import { isCounted } from './bytes.ts'
import { carriedBy, carry } from './carrier.ts'
import { Connection } from './connection.ts'
import { bytesOn, openStreams } from './http2-internals.ts'
import { isNode } from './parser.ts'
import { rememberRequest, streamLabel } from './request-label.ts'
import { hasSpoken } from './silence.ts'
import { begin, end, isFirm, isTunnel, type StreamCount, whenCountedAgain, whenLetGo } from './stream-count.ts'

/** `http2.constants.NGHTTP2_NO_ERROR`, without importing node:http2, which would slow each start. */
const NO_ERROR = 0
/** `http2.constants.NGHTTP2_CANCEL`. */
const CANCEL = 8

/** The number of bytes at the last check of each stream that counts by its traffic. */
const trafficOn = new WeakMap<ServerHttp2Stream, number>()

/** Streams with `Expect: 100-continue`, whose client sends the body only after an interim response. */
const expecting = new WeakSet<ServerHttp2Stream>()

/** A connection that speaks HTTP/2: new until its first SETTINGS, then idle until its first stream. */
export class Http2Connection extends Connection {
  readonly #session: Http2Session
  /** The streams in progress, and how each counts. */
  readonly #streams = new Map<ServerHttp2Stream, StreamCount>()
  #settled: boolean
  /**
   * The renewal of the deadline by the opening of this session. Undefined once a stream that is an activity has ended.
   */
  #opening: Opening | undefined

  /** Replaces `connection`, whose protocol was not known. `settled`: the client's SETTINGS have arrived. */
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

  /** Counts a stream whose headers have arrived. */
  begin(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    if (this.#streams.has(stream)) return
    const { site } = this
    const ignored = site.settings.ignored?.(requestInfo(headers)) === true
    const tunnel = headers[':method'] === 'CONNECT'
    const count = tunnel ? (ignored ? 'ignore' : site.settings.upgrades) : ignored ? 'ignored' : 'active'
    this.#streams.set(stream, count)
    if (headers.expect !== undefined) expecting.add(stream)
    carry(stream, carriedBy(this.stream))
    rememberRequest(stream, headers)
    stream.on('close', onStreamClose)
    this.#beginCount(count)
    if (!site.drain.finishing) return
    this.#session.close()
    if (count === 'ignore') stream.close()
  }

  /** Stops counting a stream that has closed, answered or not. */
  closed(stream: ServerHttp2Stream): void {
    const count = this.#streams.get(stream)
    if (count === undefined) return
    this.#streams.delete(stream)
    if (isFirm(count)) this.#opening = undefined
    end(this.site.countdown, count)
    const { drain } = this.site
    const answered = stream.rstCode === NO_ERROR && stream.writableFinished
    if (drain.begun && answered && count !== 'ignore' && count !== 'traffic') drain.drained++
  }

  /** Marks a stream in progress as ignored. */
  ignore(stream: ServerHttp2Stream): void {
    const count = this.#streams.get(stream)
    if (count === 'silent') this.#streams.set(stream, 'ignored and silent')
    if (count === undefined || !isFirm(count)) return
    const instead = count === 'active' ? 'ignored' : 'ignore'
    this.#streams.set(stream, instead)
    begin(this.site.countdown, instead)
    this.site.countdown.retract()
    this.#retractOpening()
  }

  get arrived(): number {
    return this.read
  }

  /**
   * Reports whether a pushed stream is open. SETTINGS and PING frames are not requests, and a HEADERS frame is a
   * request as soon as it arrives.
   */
  headBegun(): boolean {
    return openStreams(this.#session) > this.#streams.size
  }

  get silent(): boolean {
    return !this.#settled
  }

  announce(): void {
    // The first of the two GOAWAYs of a graceful end (RFC 9113, section 6.8). It refuses no stream yet.
    if (this.#settled && !this.#session.destroyed) this.#session.goaway(NO_ERROR, 2 ** 31 - 1)
  }

  finish(): void {
    if (this.#settled || this.#streams.size > 0) this.#session.close()
    for (const [stream, count] of this.#streams) {
      if (count === 'ignore') stream.close()
      else if (isTunnel(count) && this.site.drain.endsUpgrades) stream.end(() => stream.close())
    }
  }

  /**
   * Reports whether a stream waits for the client. Before the client's SETTINGS, the silence limit applies instead.
   *
   * The bytes of the whole session count for each stream, so that a PING shows that the client is there.
   */
  override get waiting(): boolean {
    if (!isCounted(this.socket) && !isCounted(this.stream)) return false
    for (const [stream, count] of this.#streams) if (this.#waits(stream, count)) return true
    return false
  }

  /**
   * The number of bytes read, and of DATA bytes on open streams. Frames that the session writes by itself, such as
   * GOAWAY, are left out.
   */
  override get moved(): number {
    let moved = this.read
    for (const stream of this.#streams.keys()) moved += bytesOn(stream)
    return moved
  }

  override letGo(): void {
    for (const [stream, count] of this.#streams) {
      const instead = whenLetGo(count)
      if (instead === undefined || !this.#waits(stream, count)) continue
      this.#streams.set(stream, instead)
      end(this.site.countdown, count)
    }
  }

  override giveUp(): void {
    for (const [stream, count] of this.#streams) if (this.#waits(stream, count)) stream.close(CANCEL)
  }

  override countAgain(): boolean {
    let active = false
    for (const [stream, count] of this.#streams) {
      const again = whenCountedAgain(count)
      if (again === undefined || (this.#waits(stream, count) && !hasSpoken(this))) continue
      this.#streams.set(stream, again)
      begin(this.site.countdown, again)
      active ||= isFirm(again)
    }
    return active
  }

  override trafficMoved(): boolean {
    let moved = this.countAgain()
    for (const [stream, count] of this.#streams) {
      if (count !== 'traffic') continue
      const bytes = bytesOn(stream)
      moved ||= bytes !== (trafficOn.get(stream) ?? 0)
      trafficOn.set(stream, bytes)
    }
    return moved
  }

  override destroy(): void {
    this.#session.destroy()
    super.destroy()
  }

  /**
   * Destroys streams that are closed on the wire and that Node never closes.
   *
   * If a client resets a stream with NO_ERROR, Node never reports the pending writes of that stream as done (Node
   * 20-24). Node's own client resets with NO_ERROR in `close()` and when it destroys its session. After a GOAWAY, Node
   * does not even notice that the client has left. Data already handed to the socket is still sent.
   *
   * Also destroys a closed session without streams. Node ends such a session with its last stream, but not if a write
   * is pending at that moment.
   */
  override destroyClosed(): void {
    super.destroyClosed()
    for (const stream of this.#streams.keys()) if (stream.closed) stream.destroy()
    if (this.#session.closed && this.#streams.size + openStreams(this.#session) === 0) this.#session.destroy()
  }

  override explain(reasons: Reason[]): void {
    super.explain(reasons)
    for (const [stream, count] of this.#streams) {
      if (!isFirm(count) && count !== 'ignored') continue
      const kind = count === 'open' ? 'upgrade' : 'stream'
      reasons.push({ kind, label: streamLabel(stream), ignored: count === 'ignored' })
    }
  }

  protected release(): void {
    // Remove our listeners. Node retains a session whose SETTINGS were not acknowledged, and our listeners would retain
    // this object with it.
    this.#session.off('remoteSettings', this.#onSettings)
    this.#session.off('goaway', this.#onGoaway)
    // A session that closes without a stream was an activity, if a short one.
    if (this.#opening !== undefined) this.site.countdown.openings.keep(this.#opening)
    for (const count of this.#streams.values()) end(this.site.countdown, count)
    this.#streams.clear()
  }

  readonly #onGoaway = (): void => {
    // Two turns later, Node has read the frames that arrived with the GOAWAY.
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
    // If the session was accepted while the listener closed, its first request may be on its way.
    if (drain.begun) afterTwoTurns(() => drain.finishing && this.#session.close())
  }

  #beginCount(count: StreamCount): void {
    const { countdown } = this.site
    if (count === 'ignored' || count === 'ignore') {
      begin(countdown, count)
      this.#retractOpening()
    } else if (count === 'traffic') {
      // The stream renews the deadline when it begins. From then on, only its traffic counts.
      this.#opening = undefined
      if (this.bare) this.unbare()
      else countdown.renew()
    } else if (this.bare) {
      this.bare = false
    } else {
      begin(countdown, count)
    }
  }

  /** Reports whether a stream waits for its client: for the rest of a request, or for a tunnel without a response. */
  #waits(stream: ServerHttp2Stream, count: StreamCount): boolean {
    if (stream.destroyed || count === 'ignore' || !isNode) return false
    if (count === 'traffic') return this.site.drain.finishing
    if (count === 'open' || count === 'open and silent') return !stream.headersSent
    if (expecting.has(stream) && !stream.headersSent && (stream.sentInfoHeaders ?? []).length === 0) return false
    // A window of 0 means that bytes have arrived and the handler has not read them.
    const { remoteClose, localWindowSize = 1 } = stream.state
    return remoteClose === 0 && localWindowSize > 0 && (this.#session.state.localWindowSize ?? 1) > 0
  }

  /** Takes back that the opening of the session was an activity. For a session that carries only ignored streams. */
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

function requestInfo(headers: IncomingHttpHeaders): RequestInfo {
  return { method: headers[':method'], url: headers[':path'], headers }
}
