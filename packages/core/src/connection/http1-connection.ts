import { type IncomingMessage, ServerResponse } from 'node:http'
import type { Reason } from '../explanation.ts'
import { afterTwoTurns } from '../last-look.ts'
import { Announcement } from './announcement.ts'
import { Apart } from './apart.ts'
import { bytesRead } from './bytes.ts'
import { Connection } from './connection.ts'
import { handedOver } from './handed-over.ts'
import { endAndReadOn, isHeldBack, shadowDestroySoon } from './lingering-close.ts'
import { Arriving, asksForBody, isNode, pieceBeingParsed, requestBeingRead } from './parser.ts'
import { requestLabel } from './request-label.ts'
import { hasSpoken } from './silence.ts'
import { Upgraded } from './upgraded.ts'

/** A connection that speaks HTTP/1, or whose protocol is not known yet. */
export class Http1Connection extends Connection {
  /** The response in progress. If requests are pipelined, the first one. */
  #response: ServerResponse | undefined
  /** Further pipelined responses, in order. */
  #queued: ServerResponse[] | undefined
  /** The responses in progress that do not count as an activity. */
  #apart: Apart | undefined
  /** Puts `Connection: close` on the last response of a drain. */
  #announcement: Announcement | undefined
  /** `true` until the first request has arrived. */
  #fresh = true
  #upgraded: Upgraded | undefined
  /** `true` if the connection was open before its server was watched. */
  #late = false
  /** The stage of the close in a drain: `answering` until the last response, `lingering` until the client closes. */
  #stage: 'answering' | 'lingering' | undefined

  /** Counts a request whose head has arrived. */
  begin(request: IncomingMessage, response: ServerResponse): void {
    const { site } = this
    this.#fresh = false
    if (this.#response === undefined) this.#response = response
    else if (this.#queued === undefined) this.#queued = [response]
    else this.#queued.push(response)
    // The connection itself no longer counts: its first request does, in its place.
    if (this.bare) this.bare = false
    else site.countdown.begin()
    if (site.settings.ignored?.(request)) this.#ignore(response)
    if (site.drain.begun && !handedOver.has(this.socket)) this.#announceOn(response)
  }

  /** Stops counting a response that is finished. */
  closed(response: ServerResponse): void {
    if (!this.#remove(response)) return
    const { site } = this
    this.#endCount(response)
    if (site.drain.begun && response.writableFinished && !this.stream.destroyed) site.drain.drained++
    // Node publishes the event before it detaches the response and starts the next one.
    if (this.#late || site.drain.begun) process.nextTick(() => this.#settled(response))
  }

  /** Marks a request in progress as ignored. */
  ignore(request: IncomingMessage): void {
    const response = this.#responses.find(({ req }) => req === request)
    if (response !== undefined) this.#ignore(response)
  }

  /** Records that the connection leaves HTTP. `request` is the last one. */
  upgrade(request: IncomingMessage): void {
    const { countdown, settings } = this.site
    const { bare } = this
    this.#fresh = false
    this.bare = false
    this.#upgraded = new Upgraded(this.stream, countdown, settings.ignored?.(request) ? 'ignore' : settings.upgrades)
    this.#upgraded.begin(bare)
    // Two turns later, the handler of the upgrade has written its response.
    if (this.site.drain.finishing) afterTwoTurns(() => this.finish())
  }

  /**
   * Initializes the state of a socket that was open before its server was watched. If bytes have been read from it, it
   * has had its first request.
   */
  override takenOver(): void {
    super.takenOver()
    this.#late = true
    this.#fresh = this.read === 0
    // Node sets `socket.parser` to null on upgrade. The upgrade request is no longer known, so `ignore` cannot apply.
    if (Reflect.get(this.socket, 'parser') === null) {
      this.#upgraded = new Upgraded(this.stream, this.site.countdown, this.site.settings.upgrades)
      this.#upgraded.takeOver()
    }
    this.#adoptCurrent()
  }

  /** Counts a response that was in progress before the server was watched. */
  adopt(response: ServerResponse): void {
    if (this.#responses.includes(response)) return
    this.begin(response.req, response)
  }

  get arrived(): number {
    return this.#upgraded === undefined ? this.read : 0
  }

  headBegun(arriving: Arriving): boolean {
    if (this.#upgraded !== undefined || this.#response !== undefined || this.read === this.marked) return false
    return arriving.has(this.stream) !== false
  }

  get silent(): boolean {
    if (this.securing || this.#stage === 'lingering') return true
    if (this.#upgraded !== undefined || this.#response !== undefined) return false
    // The application has closed its side and can answer nothing, as in a handler of 'clientError'.
    return this.stream.writableEnded || (this.#fresh && !this.#hasAsked)
  }

  protected override get heldBack(): boolean {
    return this.#stage === 'lingering' && isHeldBack(this.stream)
  }

  override get waiting(): boolean {
    const { finishing } = this.site.drain
    if (this.#stage === 'lingering' || this.securing) return this.bare
    if (this.#upgraded !== undefined) return this.#upgraded.waits(finishing)
    const response = this.#response
    if (response === undefined) return this.#fresh || finishing
    return isNode && !response.req.complete && asksForBody(response) && !this.stream.isPaused()
  }

  override letGo(): void {
    super.letGo()
    this.#upgraded?.letGo()
    if (this.#response !== undefined) this.#setApart().letGo(this.#response)
  }

  override countAgain(): boolean {
    const response = this.#response
    if (this.#upgraded !== undefined) return hasSpoken(this) && this.#upgraded.countAgain()
    if (response === undefined || !this.#apart?.isLetGo(response) || !hasSpoken(this)) return false
    return this.#apart.countAgain(response)
  }

  override trafficMoved(): boolean {
    return this.countAgain() || this.#upgraded?.trafficMoved() === true
  }

  override mark(): void {
    if (this.#upgraded === undefined) super.mark()
  }

  announce(): void {
    if (handedOver.has(this.socket)) return
    for (const response of this.#responses) this.#announceOn(response)
  }

  finish(): void {
    if (this.#upgraded?.isIgnored || (this.#upgraded !== undefined && this.site.drain.endsUpgrades)) this.end()
    else if (this.#kept) this.mark()
  }

  override finishQuiet(arriving: Arriving): void {
    if (!this.#kept || handedOver.has(this.socket)) return
    const { socket, stream } = this
    const request = requestBeingRead(stream)
    if (request === undefined && !stream.writableEnded && this.#arriving(arriving)) return
    // A client that pipelines may have more requests on their way before it has read all responses.
    if (request || this.#stage || this.#queued) this.#linger(request)
    // destroy() also sends FIN if nothing is queued, and saves one shutdown(2) per connection (measurable at 10,000).
    else if (stream === socket && socket.writableLength === 0) socket.destroy()
    else this.end()
  }

  protected override end(): void {
    if (this.#stage === 'lingering') this.socket.destroy()
    else super.end()
  }

  override explain(reasons: Reason[]): void {
    super.explain(reasons)
    if (this.#upgraded?.isOpen) reasons.push({ kind: 'upgrade', label: this.origin, ignored: false })
    for (const response of this.#responses) {
      if (this.#apart?.isLetGo(response)) continue
      reasons.push({
        kind: 'request',
        label: requestLabel(response.req),
        ignored: this.#apart?.isIgnored(response) === true,
      })
    }
  }

  /**
   * Stops counting everything in progress. Node 20 and 22 emit no 'close' for queued responses whose connection was
   * lost.
   */
  protected release(): void {
    this.#upgraded?.end()
    for (const response of this.#responses) this.#endCount(response)
    this.#upgraded = undefined
    this.#response = undefined
    this.#queued = undefined
  }

  /** Reports whether the connection is kept alive: it has had a request, and has none in progress. */
  get #kept(): boolean {
    return this.#upgraded === undefined && this.#response === undefined && !this.#fresh && this.#stage !== 'lingering'
  }

  get #responses(): ServerResponse[] {
    return this.#response === undefined ? [] : [this.#response, ...(this.#queued ?? [])]
  }

  /**
   * Counts the response that Node shows as the current one. Node shows no other pipelined responses that began before
   * the server was watched.
   */
  #adoptCurrent(closed?: ServerResponse): void {
    const response: unknown = Reflect.get(this.stream, '_httpMessage')
    if (response instanceof ServerResponse && response !== closed && !this.stream.destroyed) this.adopt(response)
  }

  #announceOn(response: ServerResponse): void {
    this.#stage = this.#stage ?? 'answering'
    shadowDestroySoon(this.stream)
    this.#announcement ??= new Announcement(this.stream, (one) => this.#responses.at(-1) === one)
    this.#announcement.add(response)
  }

  /** Stops counting a response as an activity. */
  #ignore(response: ServerResponse): void {
    // Bytes read so far belong to this request's head. Later bytes may start the next request.
    if (this.#setApart().ignore(response)) this.mark()
  }

  #setApart(): Apart {
    this.#apart ??= new Apart(this.site.countdown)
    return this.#apart
  }

  #endCount(response: ServerResponse): void {
    if (!this.#apart?.end(response)) this.site.countdown.end()
  }

  /** Reports whether the client has begun to send a request. Bytes of a TLS handshake do not count. */
  get #hasAsked(): boolean {
    return bytesRead(this.stream) > 0 && this.#arriving(new Arriving())
  }

  /**
   * Reports whether a request is arriving. If Node does not show it, reports whether bytes have arrived since the mark.
   */
  #arriving(arriving: Arriving): boolean {
    return arriving.has(this.stream) ?? this.read !== this.marked
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
  #settled(response: ServerResponse): void {
    if (this.#late) this.#adoptCurrent(response)
    if (!this.site.drain.begun || this.#response !== undefined || this.#stage === 'lingering') return
    if (!response.req.complete) {
      // Node runs ticks after each part of a body. The rest, and further requests, may be in the same chunk (Node
      // 20-26).
      if (pieceBeingParsed(this.stream)) setImmediate(() => this.#settled(response))
      else this.#linger(response.req)
      return
    }
    if (handedOver.has(this.socket)) return
    this.#stage = this.#stage ?? 'answering'
    shadowDestroySoon(this.stream)
    this.mark()
    afterTwoTurns(() => this.finishQuiet(new Arriving()))
  }

  override closeInStages(): boolean {
    if (this.#stage === undefined || this.#upgraded !== undefined) return false
    this.#linger(requestBeingRead(this.stream))
    return true
  }

  /** Sends FIN after the last response, and reads on until the client closes or has been silent for a second. */
  #linger(request?: IncomingMessage): void {
    this.#stage = 'lingering'
    endAndReadOn(this.stream, request, () => this.site.drain.endIfSilent([this]))
  }
}
