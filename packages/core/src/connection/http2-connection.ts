import type { Http2Session, IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2'
import type { RequestInfo, StreamCount } from '../options.ts'
import { afterTwoTurns } from '../tracker/event-loop.ts'
import type { Renewal } from '../tracker/revocable-renewals.ts'
import { type ActivityCount, countBefore, finish, ignore, isActive, resume, start, suspend } from './activity-count.ts'
import { isCounted } from './bytes.ts'
import { attach, type Connection, firstConnectionOn } from './connection.ts'
import { CANCEL, Http2Streams } from './http2-streams.ts'
import { bytesOn, isNode, openStreams } from './node-internals.ts'
import { rememberRequest } from './request-label.ts'
import { hasSpoken } from './silence.ts'
import { isEnded, recordOf } from './stream-count.ts'
import { lookAtTunnel, tunnelMoved } from './tunnel.ts'

/** `http2.constants.NGHTTP2_NO_ERROR`, without importing node:http2, which would slow each start. */
const NO_ERROR = 0

/** Streams with `Expect: 100-continue`, whose client sends the body only after an interim response. */
const expecting = new WeakSet<ServerHttp2Stream>()

/** A connection that speaks HTTP/2: new until its first SETTINGS, then idle until its first stream. */
export class Http2Connection extends Http2Streams {
  readonly #session: Http2Session
  /**
   * The renewal of the deadline by the opening of this session. Undefined once a stream that is an activity has ended.
   */
  #opening: Renewal | undefined

  /** Replaces `connection`, whose protocol was not known. `settled`: the client's SETTINGS have arrived. */
  constructor(connection: Connection, session: Http2Session, settled: boolean) {
    const { context, socket, transport, counts } = connection
    super(context, socket, settled ? 'idle' : 'new', counts)
    // This connection counts by now, so that the end of the other count changes nothing else.
    connection.remove('cancel')
    if (transport !== socket) this.onSecure(transport)
    this.#session = session
    if (!settled) {
      session.once('remoteSettings', this.#onSettings)
      this.limitSilence()
    }
    session.on('goaway', this.#onGoaway)
  }

  /** Counts a stream whose headers have arrived. */
  streamOpened(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    if (this.streams.has(stream)) return
    const { settings, drain } = this.context
    const ignored = settings.ignored?.(requestInfo(headers)) === true
    const tunnel = headers[':method'] === 'CONNECT'
    const count = tunnel ? (ignored ? 'ignore' : settings.upgrades) : ignored ? 'ignored' : 'active'
    this.streams.set(stream, count)
    if (headers.expect !== undefined) expecting.add(stream)
    attach(stream, firstConnectionOn(this.transport))
    rememberRequest(stream, headers)
    stream.on('close', onStreamClose)
    if (count === 'traffic') lookAtTunnel(this.context, stream)
    this.#startCount(count)
    // Two turns later, the handler of a tunnel has answered.
    if (drain.finishing) {
      afterTwoTurns(() => {
        this.beginEnd()
        drain.endUncounted([this])
      })
    }
  }

  /** Stops counting a stream that has closed, answered or not. */
  streamClosed(stream: ServerHttp2Stream): void {
    const count = this.streams.get(stream)
    if (count === undefined) return
    this.streams.delete(stream)
    if (isActive(count)) this.#opening = undefined
    const { drain } = this.context
    this.#finish(stream, count)
    if (this.streams.size === 0) this.enter('idle')
    const answered = stream.rstCode === NO_ERROR && stream.writableFinished && !isEnded(this.context, stream)
    if (drain.begun && answered && count !== 'ignore' && count !== 'traffic') drain.answered()
  }

  /** Marks a stream in progress as ignored. */
  ignore(stream: ServerHttp2Stream): void {
    const count = this.streams.get(stream)
    if (count === undefined) return
    this.streams.set(stream, ignore(this.context.countdown, count))
    if (isActive(count)) this.#cancelOpening()
  }

  /** Sets how a stream in progress counts once its headers are sent. */
  countStream(stream: ServerHttp2Stream, how: StreamCount): void {
    if (this.streams.has(stream)) recordOf(this.context, stream).how = how
  }

  get requestBytes(): number {
    return this.bytesRead
  }

  /**
   * Reports whether a pushed stream is open, which delays the end. HTTP/2 has no partial heads: SETTINGS and PING frames
   * are not requests, and a HEADERS frame is a request as soon as it arrives.
   */
  hasPartialHead(): boolean {
    return openStreams(this.#session) > this.streams.size
  }

  get endsIfSilent(): boolean {
    return this.state === 'new'
  }

  announce(): void {
    this.decideEnd()
    // The first of the two GOAWAYs of a graceful end (RFC 9113, section 6.8). It refuses no stream yet.
    if (this.state !== 'new' && !this.#session.destroyed) this.#session.goaway(NO_ERROR, 2 ** 31 - 1)
  }

  beginEnd(): void {
    // A connection that is no longer watched is `closed`, and stays open.
    if (this.state !== 'new' && this.state !== 'closed') this.#session.close()
  }

  /**
   * Reports whether a stream waits for the client. Before the client's SETTINGS, the silence limit applies instead.
   *
   * The bytes of the whole session count for each stream, so that a PING shows that the client is there.
   */
  override get waitsForClient(): boolean {
    if (!isCounted(this.socket) && !isCounted(this.transport)) return false
    for (const [stream, count] of this.streams) if (this.#waits(stream, count)) return true
    return false
  }

  /**
   * The number of bytes read, and of DATA bytes on open streams. Frames that the session writes by itself, such as
   * GOAWAY, are left out.
   */
  override get bytesMoved(): number {
    let moved = this.bytesRead
    for (const stream of this.streams.keys()) moved += bytesOn(stream)
    return moved
  }

  override suspendCounting(): void {
    for (const [stream, count] of this.streams) {
      if (this.#waits(stream, count)) this.streams.set(stream, suspend(this.context.countdown, count))
    }
  }

  override abortWaiting(): void {
    for (const [stream, count] of this.streams) if (this.#waits(stream, count)) stream.close(CANCEL)
  }

  override resumeCounting(): boolean {
    let active = false
    for (const [stream, count] of this.streams) {
      if (this.#waits(stream, count) && !hasSpoken(this)) continue
      const again = resume(this.context.countdown, count)
      this.streams.set(stream, again)
      active ||= again !== count && isActive(again)
    }
    return active
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
  override destroyIfStuck(): void {
    super.destroyIfStuck()
    for (const stream of this.streams.keys()) if (stream.closed) stream.destroy()
    if (this.#session.closed && this.streams.size + openStreams(this.#session) === 0) this.#session.destroy()
  }

  protected releaseCounts(): void {
    // Remove our listeners. Node retains a session whose SETTINGS were not acknowledged, and our listeners would retain
    // this object with it.
    this.#session.off('remoteSettings', this.#onSettings)
    this.#session.off('goaway', this.#onGoaway)
    // A session that closes without a stream was an activity, if a short one.
    if (this.#opening !== undefined) this.context.countdown.settle(this.#opening)
    for (const [stream, count] of this.streams) this.#finish(stream, count)
    this.streams.clear()
  }

  readonly #onGoaway = (): void => {
    // Two turns later, Node has read the frames that arrived with the GOAWAY.
    afterTwoTurns(() => this.destroyIfStuck())
  }

  readonly #onSettings = (): void => {
    const { countdown, drain } = this.context
    if (this.state === 'new' && this.enter('idle', 'pass')) {
      this.forgetSilence()
      this.#opening = countdown.finishRevocably()
    }
    // If the session was accepted while the listener closed, its first request may be on its way.
    if (drain.begun) afterTwoTurns(() => drain.finishing && this.#session.close())
  }

  #startCount(count: ActivityCount): void {
    const { countdown } = this.context
    if (count === 'ignored') start(countdown, count)
    // The stream renews the deadline when it begins. From then on, only its traffic counts.
    if (count === 'traffic') this.#opening = undefined
    const counted = this.enter('active', countBefore(count))
    if (count === 'ignored' || count === 'ignore') this.#cancelOpening()
    else if (counted) countdown.began()
    else if (count === 'traffic') countdown.renew()
    else start(countdown, count)
  }

  #finish(stream: ServerHttp2Stream, count: ActivityCount): void {
    const { countdown } = this.context
    if (count === 'traffic' && tunnelMoved(this.context, stream)) countdown.renew()
    finish(countdown, count)
  }

  /** Reports whether a stream waits for its client: for the rest of a request, or for a tunnel without a response. */
  #waits(stream: ServerHttp2Stream, count: ActivityCount): boolean {
    if (stream.destroyed || count === 'ignore' || !isNode) return false
    if (count === 'traffic') return this.context.drain.finishing
    if (count === 'open' || count === 'open and silent') return !stream.headersSent
    if (expecting.has(stream) && !stream.headersSent && (stream.sentInfoHeaders ?? []).length === 0) return false
    // A window of 0 means that bytes have arrived and the handler has not read them.
    const { remoteClose, localWindowSize = 1 } = stream.state
    return remoteClose === 0 && localWindowSize > 0 && (this.#session.state.localWindowSize ?? 1) > 0
  }

  /** Takes back that the opening of the session was an activity. For a session that carries only ignored streams. */
  #cancelOpening(): void {
    if (this.#opening !== undefined) this.context.countdown.revoke(this.#opening)
    this.#opening = undefined
  }
}

function onStreamClose(this: ServerHttp2Stream): void {
  for (let each = firstConnectionOn(this); each !== undefined; each = each.next) {
    if (each instanceof Http2Connection) each.streamClosed(this)
  }
}

function requestInfo(headers: IncomingHttpHeaders): RequestInfo {
  return { method: headers[':method'], url: headers[':path'], headers }
}
