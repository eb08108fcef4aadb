import type { IncomingMessage, ServerResponse } from 'node:http'
import type { StreamCount } from '../options.ts'
import { afterTwoTurns } from '../tracker/event-loop.ts'
import { type ActivityCount, countBefore, finish, ignore, isActive, resume, suspend } from './activity-count.ts'
import { Announcement } from './announcement.ts'
import { bytesRead, isCounted } from './bytes.ts'
import { handedOver } from './handed-over.ts'
import { HttpConnection } from './http-connection.ts'
import { LingeringClose } from './lingering-close.ts'
import { Arriving, asksForBody, chunkBeingParsed, hasStreamHead, isNode, requestBeingRead } from './node-internals.ts'
import { requestLabel } from './request-label.ts'
import { hasSpoken } from './silence.ts'
import { isEnded, recordOf } from './stream-count.ts'
import { Upgraded } from './upgraded.ts'

/** A connection that speaks HTTP/1, or whose protocol is not known yet. */
export class Http1Connection extends HttpConnection<ServerResponse> {
  /** The response in progress. If requests are pipelined, the first one. */
  #response: ServerResponse | undefined
  /** Further pipelined responses, in order. Defined if the client has ever pipelined. */
  #queued: ServerResponse[] | undefined
  /** The counts of the responses in progress that have been ignored or suspended. The others are `active`. */
  #counts: Map<ServerResponse, ActivityCount> | undefined
  /** Puts `Connection: close` on the last response of a drain. */
  #announcement: Announcement | undefined
  /** Defined from the first answer in a drain. Before that, Node closes the connection. */
  #lingeringClose: LingeringClose | undefined
  /** Defined if the connection is `upgraded`: the way in which it counts. */
  #upgraded: Upgraded | undefined

  /** Counts a request whose head has arrived. `first`: before all others in progress. */
  requestBegan(request: IncomingMessage, response: ServerResponse, first = false): void {
    const { countdown, settings, drain } = this.context
    if (this.#response === undefined) this.#response = response
    else if (first) [this.#queued, this.#response] = [this.responses, response]
    else if (this.#queued === undefined) this.#queued = [response]
    else this.#queued.push(response)
    // If the connection itself counted, its first request counts in its place.
    const inherited = this.enter('active', 'pass')
    if (!inherited) countdown.start('active')
    if (settings.ignored?.(request)) this.#ignore(response)
    else countdown.began()
    if (drain.begun && !handedOver.has(this.socket)) this.#announceOn(response)
  }

  /** Stops counting a response that is finished. */
  requestFinished(response: ServerResponse): void {
    if (!this.#remove(response)) return
    if (this.#response === undefined && this.state === 'active') this.enter('idle')
    const { countdown, drain } = this.context
    // Few connections have the map. Asking it costs each request 1-3 ns (Node 20-26).
    if (this.#counts === undefined) countdown.finish('active')
    else this.#finishCount(response)
    if (!drain.begun) return
    const isAnswered = response.writableFinished && !this.transport.destroyed
    if (isAnswered && !isEnded(this.context, response)) drain.answered()
    // Node publishes the event before it detaches the response and starts the next one.
    process.nextTick(() => this.closeAfter(response))
  }

  /** Marks a request in progress as ignored. */
  ignore(request: IncomingMessage): void {
    const response = this.responses.find(({ req }) => req === request)
    if (response !== undefined) this.#ignore(response)
  }

  /** Sets how the response to a request in progress counts once it is a stream. */
  countStream(request: IncomingMessage, how: StreamCount): void {
    const response = this.responses.find(({ req }) => req === request)
    if (response !== undefined) recordOf(this.context, response).how = how
  }

  /** Records that the connection leaves HTTP. `request` is the last one. */
  upgrade(request: IncomingMessage): void {
    const { settings, drain } = this.context
    const how = settings.ignored?.(request) ? 'ignore' : settings.upgrades
    this.#upgraded = new Upgraded(this.transport, this.context, how, request)
    this.#upgraded.startCounting(this.enter('upgraded', countBefore(how)))
    // Two turns later, the handler of the upgrade has written its response.
    if (drain.finishing) afterTwoTurns(() => drain.endUncounted([this]))
  }

  /** Counts a connection that left HTTP before its server was watched. */
  protected adoptUpgrade(): void {
    // The upgrade request is no longer known, so `ignore` cannot apply.
    this.#upgraded = new Upgraded(this.transport, this.context, this.context.settings.upgrades)
    this.#upgraded.adopt()
    this.enter('upgraded')
  }

  get requestBytes(): number {
    return this.state === 'upgraded' ? 0 : this.bytesRead
  }

  hasPartialHead(arriving: Arriving): boolean {
    if (this.state === 'upgraded' || this.#response !== undefined || this.bytesRead === this.recordedBytes) return false
    return arriving.has(this.transport) !== false
  }

  get endsIfSilent(): boolean {
    const { state } = this
    if (state === 'handshaking' || state === 'lingering') return true
    if (state !== 'new' && state !== 'idle') return false
    // The application has closed its side and can answer nothing, as in a handler of 'clientError'.
    return this.transport.writableEnded || (state === 'new' && !this.#hasBegunToAsk)
  }

  protected override get isHeldBack(): boolean {
    return this.state === 'lingering' && this.#lingeringClose?.isHeldBack === true
  }

  override get waitsForClient(): boolean {
    const { state } = this
    const { finishing } = this.context.drain
    if (state === 'handshaking' || state === 'lingering') return this.counts
    if (this.#upgraded !== undefined) return this.#upgraded.waits(finishing)
    const response = this.#response
    if (response === undefined) return state === 'new' || finishing
    return isNode && !response.req.complete && asksForBody(response) && !this.transport.isPaused()
  }

  override suspendCounting(): void {
    super.suspendCounting()
    this.#upgraded?.suspendCounting()
    if (this.#response !== undefined) this.#change(this.#response, suspend)
  }

  override resumeCounting(): boolean {
    const response = this.#response
    if (this.#upgraded !== undefined) return hasSpoken(this) && this.#upgraded.resumeCounting()
    if (response === undefined || this.#counts === undefined || !hasSpoken(this)) return false
    return this.#change(response, resume) && isActive(this.#countOf(response))
  }

  override recordBytes(): void {
    if (this.state !== 'upgraded') super.recordBytes()
  }

  announce(): void {
    this.decideEnd()
    if (handedOver.has(this.socket)) return
    for (const response of this.responses) this.#announceOn(response)
  }

  beginEnd(): void {
    if (this.state === 'idle') this.recordBytes()
  }

  override endIfQuiet(arriving: Arriving): void {
    if (this.state !== 'idle' || handedOver.has(this.socket)) return
    const { socket, transport } = this
    const request = requestBeingRead(transport)
    if (request === undefined && !transport.writableEnded && this.#isArriving(arriving)) return
    // A client that has ever pipelined may have more requests on their way before it has read all responses.
    if (request || this.#lingeringClose || this.#queued) this.#linger(request)
    // destroy() also sends FIN if nothing is queued, and saves one shutdown(2) per connection (measurable at 10,000).
    else if (transport === socket && socket.writableLength === 0) socket.destroy()
    else this.end()
  }

  protected override end(): void {
    if (this.state === 'lingering') this.socket.destroy()
    else super.end()
  }

  protected override get upgraded(): Upgraded | undefined {
    return this.#upgraded
  }

  protected *inProgress(): Iterable<readonly [ServerResponse, ActivityCount]> {
    for (const response of this.responses) yield [response, this.#countOf(response)]
  }

  protected labelOf({ req }: ServerResponse): string {
    return requestLabel(req)
  }

  /** Only the first response: Node keeps the bytes of later ones until it has ended. */
  protected writing(): Iterable<readonly [ServerResponse, ActivityCount]> {
    return this.#response === undefined ? [] : [[this.#response, this.#countOf(this.#response)]]
  }

  protected isStream(response: ServerResponse): boolean {
    return response === this.#response && !response.writableEnded && !response.destroyed && hasStreamHead(response)
  }

  protected override get showsTraffic(): boolean {
    return isNode && isCounted(this.socket)
  }

  protected setCount(response: ServerResponse, count: ActivityCount): void {
    this.#change(response, () => count)
  }

  /**
   * Stops counting everything in progress. Node 20 and 22 emit no 'close' for queued responses whose connection was
   * lost.
   */
  protected releaseCounts(): void {
    this.#upgraded?.stopCounting()
    for (const response of this.responses) this.#finishCount(response)
    this.#upgraded = undefined
    this.#response = undefined
    this.#queued = undefined
  }

  /** The responses in progress, in order. */
  protected get responses(): ServerResponse[] {
    return this.#response === undefined ? [] : [this.#response, ...(this.#queued ?? [])]
  }

  #announceOn(response: ServerResponse): void {
    this.#prepareLinger()
    this.#announcement ??= new Announcement(this.transport, (one) => this.responses.at(-1) === one)
    this.#announcement.add(response)
  }

  /** Stops counting a response as an activity. */
  #ignore(response: ServerResponse): void {
    // Bytes read so far belong to this request's head. Later bytes may start the next request.
    if (this.#change(response, ignore)) this.recordBytes()
  }

  #countOf(response: ServerResponse): ActivityCount {
    return this.#counts?.get(response) ?? 'active'
  }

  /** Changes how a response counts. Reports whether that is a change. */
  #change(response: ServerResponse, change: typeof suspend): boolean {
    const before = this.#countOf(response)
    const count = change(this.context.countdown, before)
    this.#counts ??= new Map()
    this.#counts.set(response, count)
    return count !== before
  }

  #finishCount(response: ServerResponse): void {
    finish(this.context.countdown, this.#countOf(response))
    this.#counts?.delete(response)
  }

  /** Reports whether the client has begun to send a request. Bytes of a TLS handshake do not count. */
  get #hasBegunToAsk(): boolean {
    return bytesRead(this.transport) > 0 && this.#isArriving(new Arriving())
  }

  /**
   * Reports whether a request is arriving. If Node does not show it, reports whether bytes have been read since
   * `recordBytes()`.
   */
  #isArriving(arriving: Arriving): boolean {
    return arriving.has(this.transport) ?? this.bytesRead !== this.recordedBytes
  }

  #remove(response: ServerResponse): boolean {
    if (response === this.#response) {
      this.#response = this.#queued?.shift()
      return true
    }
    const index = this.#queued?.indexOf(response) ?? -1
    if (index >= 0) this.#queued?.splice(index, 1)
    return index >= 0
  }

  /** Closes the connection in a drain if its last response is finished. */
  protected closeAfter(response: ServerResponse): void {
    if (!this.context.drain.begun || this.state !== 'idle') return
    if (!response.req.complete) {
      // Node runs ticks after each part of a body. The rest, and further requests, may be in the same chunk (Node
      // 20-26).
      if (chunkBeingParsed(this.transport)) setImmediate(() => this.closeAfter(response))
      else this.#linger(response.req)
      return
    }
    if (handedOver.has(this.socket)) return
    this.#prepareLinger()
    this.recordBytes()
    afterTwoTurns(() => this.endIfQuiet(new Arriving()))
  }

  override closeInStages(): boolean {
    if (this.#lingeringClose === undefined || this.state === 'upgraded') return false
    this.#linger(requestBeingRead(this.transport))
    return true
  }

  #prepareLinger(): LingeringClose {
    this.#lingeringClose ??= new LingeringClose(this.transport)
    return this.#lingeringClose
  }

  /** Sends FIN after the last response, and reads on until the client closes or has been silent for a second. */
  #linger(request?: IncomingMessage): void {
    this.enter('lingering')
    this.#prepareLinger().start(request, () => this.context.drain.endIfSilent([this]))
  }
}
