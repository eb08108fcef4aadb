import type { Http2Session, IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2'
import type { Reason } from '../explanation.ts'
import { afterTwoTurns } from '../last-look.ts'
import type { Opening } from '../openings.ts'
import type { RequestInfo } from '../options.ts'
import { isCounted } from './bytes.ts'
import { carriedBy, carry } from './carrier.ts'
import { Connection } from './connection.ts'
import { bytesOn, openStreams } from './http2-internals.ts'
import { rememberRequest, streamLabel } from './request-label.ts'
import { hasSpoken } from './silence.ts'
import { begin, end, isFirm, isTunnel, type StreamCount, whenCountedAgain, whenLetGo } from './stream-count.ts'

/** http2.constants.NGHTTP2_NO_ERROR, without importing node:http2, which would cost every start. */
const NO_ERROR = 0
/** http2.constants.NGHTTP2_CANCEL. */
const CANCEL = 8

/** How much had moved on each stream that counts by its traffic when last looked at. */
const trafficOn = new WeakMap<ServerHttp2Stream, number>()

/** Streams whose client sends the body of its request only when it is told to. */
const expecting = new WeakSet<ServerHttp2Stream>()

/** A connection that speaks HTTP/2: new until its first SETTINGS, then idle until its first stream. */
export class Http2Connection extends Connection {
  readonly #session: Http2Session
  /** The streams in progress, and how each counts. */
  readonly #streams = new Map<ServerHttp2Stream, StreamCount>()
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

  /** A stream has closed, answered or not. */
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

  /** A stream in progress turns out to be no activity. */
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

  /** SETTINGS and PING are no request, and a HEADERS frame is one as soon as it has come: what is left are pushed streams. */
  headBegun(): boolean {
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
    for (const [stream, count] of this.#streams) {
      if (count === 'ignore') stream.close()
      else if (isTunnel(count) && this.site.drain.endsUpgrades) stream.end(() => stream.close())
    }
  }

  /** Before its SETTINGS it has a bound of its own. Bytes of all streams are those of the session: a PING shows that its client is there. */
  override get waiting(): boolean {
    if (!isCounted(this.socket) && !isCounted(this.stream)) return false
    for (const [stream, count] of this.#streams) if (this.#waits(stream, count)) return true
    return false
  }

  /** What the session writes by itself, such as GOAWAY, shows nothing. */
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
    for (const [stream, count] of this.#streams) {
      if (!isFirm(count) && count !== 'ignored') continue
      const kind = count === 'open' ? 'upgrade' : 'stream'
      reasons.push({ kind, label: streamLabel(stream), ignored: count === 'ignored' })
    }
  }

  protected release(): void {
    // What leads back from a session that has ended would keep Node from letting go of one whose SETTINGS nobody acknowledged.
    this.#session.off('remoteSettings', this.#onSettings)
    this.#session.off('goaway', this.#onGoaway)
    // It closed without a stream: an activity, if a short one.
    if (this.#opening !== undefined) this.site.countdown.openings.keep(this.#opening)
    for (const count of this.#streams.values()) end(this.site.countdown, count)
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

  #beginCount(count: StreamCount): void {
    const { countdown } = this.site
    if (count === 'ignored' || count === 'ignore') {
      begin(countdown, count)
      this.#retractOpening()
    } else if (count === 'traffic') {
      // It renews as it begins, and counts by what moves from then on.
      this.#opening = undefined
      if (this.bare) this.unbare()
      else countdown.renew()
    } else if (this.bare) {
      this.bare = false
    } else {
      begin(countdown, count)
    }
  }

  /** Whether a stream goes on only when its client says something: with the rest of a request, or of a tunnel that was not answered. */
  #waits(stream: ServerHttp2Stream, count: StreamCount): boolean {
    if (stream.destroyed || count === 'ignore') return false
    if (count === 'traffic') return this.site.drain.finishing
    if (count === 'open' || count === 'open and silent') return !stream.headersSent
    if (expecting.has(stream) && !stream.headersSent && (stream.sentInfoHeaders ?? []).length === 0) return false
    // What has come and is not read yet leaves no window: it is the handler that is waited for.
    const { remoteClose, localWindowSize = 1 } = stream.state
    return remoteClose === 0 && localWindowSize > 0 && (this.#session.state.localWindowSize ?? 1) > 0
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

function requestInfo(headers: IncomingHttpHeaders): RequestInfo {
  return { method: headers[':method'], url: headers[':path'], headers }
}
