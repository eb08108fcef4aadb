import { type IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Reason } from '../explanation.ts'
import { afterTwoTurns } from '../last-look.ts'
import { Connection } from './connection.ts'
import { hasMoreToParse, requestBeingRead } from './parser.ts'

/** A connection that speaks HTTP/1, or nothing yet. */
export class Http1Connection extends Connection {
  /** The response in progress; of pipelined ones, the first. */
  #response: ServerResponse | undefined
  /** Further pipelined responses, in order. */
  #queued: ServerResponse[] | undefined
  /** Those of them that are no activity. */
  #ignored: Set<ServerResponse> | undefined
  /** The response that carries our `Connection: close`. */
  #announced: ServerResponse | undefined
  /** Whether no request has come yet. */
  #fresh = true
  #upgraded: 'open' | 'traffic' | 'ignore' | undefined
  /** Whether it was open before the server was watched. */
  #late = false
  /** In a drain: it gives an answer, or has given the last one, and waits for the client to close. */
  #stage: 'answering' | 'lingering' | undefined

  /** A request's head has come. */
  begin(request: IncomingMessage, response: ServerResponse): void {
    const { site } = this
    this.#fresh = false
    if (this.#response === undefined) this.#response = response
    else if (this.#queued === undefined) this.#queued = [response]
    else this.#queued.push(response)
    // What counted as the connection now counts as its first request.
    if (this.bare) this.bare = false
    else site.countdown.begin()
    if (site.settings.ignored?.(request)) this.#ignore(response)
    if (site.drain.begun) this.announce()
  }

  /** A response was answered to the end. */
  closed(response: ServerResponse): void {
    if (!this.#remove(response)) return
    const { site } = this
    if (this.#ignored?.delete(response)) site.countdown.endSoft()
    else site.countdown.end()
    if (site.drain.begun && response.writableFinished && !this.stream.destroyed) site.drain.drained++
    // Node lets go of the response, and goes on to the next one, only after it has told.
    if (this.#late || site.drain.begun) process.nextTick(() => this.#settled(response))
  }

  /** A request in progress turns out to be no activity. */
  ignore(request: IncomingMessage): void {
    const response = this.#responses.find(({ req }) => req === request)
    if (response !== undefined && !this.#ignored?.has(response)) this.#ignore(response)
  }

  /** The connection leaves HTTP. `request` is the last one. */
  upgrade(request: IncomingMessage): void {
    const { countdown, settings } = this.site
    this.#fresh = false
    this.#upgraded = settings.ignored?.(request) ? 'ignore' : settings.upgrades
    if (this.#upgraded === 'open') {
      if (this.bare) this.bare = false
      else countdown.begin()
    } else if (this.bare) {
      this.bare = false
      if (this.#upgraded === 'traffic') countdown.end()
      else countdown.retract()
    } else if (this.#upgraded === 'traffic') {
      countdown.renew()
    }
    this.trafficMoved()
    // Once its handler has written.
    if (this.site.drain.finishing) afterTwoTurns(() => this.finish())
  }

  /** The socket was open before the server was watched: if it has been read from, it has had its first request. */
  override takenOver(): void {
    super.takenOver()
    this.#late = true
    this.#fresh = this.socket.bytesRead === 0
    // Node takes its parser from a socket that leaves HTTP. What its last request was, nobody knows any more.
    if (Reflect.get(this.socket, 'parser') === null) {
      this.#upgraded = this.site.settings.upgrades
      if (this.#upgraded === 'open') this.site.countdown.begin()
      this.trafficMoved()
    }
    this.#adoptCurrent()
  }

  /** Takes over a response that was in progress before the server was watched. */
  adopt(response: ServerResponse): void {
    if (this.#responses.includes(response)) return
    this.begin(response.req, response)
  }

  get arrived(): number {
    return this.#upgraded === undefined ? this.socket.bytesRead : 0
  }

  get headBegun(): boolean {
    return this.#upgraded === undefined && this.#response === undefined && this.socket.bytesRead !== this.marked
  }

  get silent(): boolean {
    return this.securing || this.#stage === 'lingering' || (this.#fresh && !this.headBegun)
  }

  override trafficMoved(): boolean {
    if (this.#upgraded !== 'traffic') return false
    const before = this.marked
    this.marked = this.stream.bytesRead + this.stream.bytesWritten
    return this.marked !== before
  }

  override mark(): void {
    if (this.#upgraded === undefined) super.mark()
  }

  announce(): void {
    if (this.#response === undefined) return
    this.#closeInStages()
    // Of requests that came in one piece, the first could be answered as the last one before the next is seen.
    if (hasMoreToParse(this.stream)) process.nextTick(() => this.#announce())
    else this.#announce()
  }

  finish(): void {
    if (this.#upgraded === 'ignore' || (this.#upgraded !== undefined && this.site.drain.endsUpgrades)) this.end()
    else if (this.#kept) this.mark()
  }

  override finishQuiet(): void {
    if (!this.#kept) return
    const { socket, stream } = this
    const request = requestBeingRead(stream)
    if (request === undefined && this.headBegun) return
    // A client that pipelines has perhaps not read all of its answers, and sends on.
    if (request || this.#stage || this.#queued) this.#linger(request)
    // With nothing left to write, close(2) sends the FIN. A shutdown(2) before it would be felt, with ten thousand of them.
    else if (stream === socket && socket.writableLength === 0) socket.destroy()
    else this.end()
  }

  protected override end(): void {
    if (this.#stage === 'lingering') this.socket.destroy()
    else super.end()
  }

  override explain(reasons: Reason[]): void {
    super.explain(reasons)
    if (this.#upgraded === 'open') reasons.push({ kind: 'upgrade', label: this.origin, ignored: false })
    for (const response of this.#responses) {
      const { method, url } = response.req
      reasons.push({ kind: 'request', label: `${method} ${url}`, ignored: this.#ignored?.has(response) === true })
    }
  }

  /** Node 20 and 22 emit no 'close' for queued responses whose connection was lost: all that is left ends here. */
  protected release(): void {
    if (this.#upgraded === 'open') this.site.countdown.end()
    for (const response of this.#responses) this.ended(this.#ignored?.has(response) === true)
    this.#upgraded = undefined
    this.#response = undefined
    this.#queued = undefined
  }

  /** Whether it was kept alive: it has had a request, and has none in progress. */
  get #kept(): boolean {
    return this.#upgraded === undefined && this.#response === undefined && !this.#fresh && this.#stage !== 'lingering'
  }

  get #responses(): ServerResponse[] {
    return this.#response === undefined ? [] : [this.#response, ...(this.#queued ?? [])]
  }

  /** Of pipelined responses that began before the server was watched, Node shows only the one whose turn it is. */
  #adoptCurrent(closed?: ServerResponse): void {
    const response: unknown = Reflect.get(this.stream, '_httpMessage')
    if (response instanceof ServerResponse && response !== closed && !this.stream.destroyed) this.adopt(response)
  }

  #announce(): void {
    const last = this.#responses.at(-1)
    if (last === undefined || last === this.#announced) return
    // On a response that is not the last, it would make Node drop the pipelined ones behind it.
    if (this.#announced !== undefined && !this.#announced.headersSent) this.#announced.shouldKeepAlive = true
    this.#announced = undefined
    // Node reads no further while it cannot write: what is pipelined behind has perhaps come, and not been seen.
    if (last.headersSent || !last.shouldKeepAlive || this.stream.isPaused()) return
    last.shouldKeepAlive = false
    this.#announced = last
  }

  /** What has begun as an activity is none. */
  #ignore(response: ServerResponse): void {
    this.#ignored = (this.#ignored ?? new Set()).add(response)
    // What was read by now was its head. What comes after it may be the head of the next.
    this.mark()
    this.site.countdown.beginSoft()
    this.site.countdown.retract()
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

  /** In a drain, the connection ends after its last response. */
  #settled(response: ServerResponse): void {
    if (this.#late) this.#adoptCurrent(response)
    if (!this.site.drain.begun || this.#response !== undefined || this.#stage === 'lingering') return
    if (!response.req.complete) {
      this.#linger(response.req)
      return
    }
    this.#closeInStages()
    this.mark()
    afterTwoTurns(() => this.finishQuiet())
  }

  /** Node would close the connection as soon as the last answer is written. */
  #closeInStages(): void {
    if (this.#stage !== undefined) return
    this.#stage = 'answering'
    const { stream } = this
    const { destroySoon } = stream
    stream.destroySoon = () => {
      if (this.#upgraded === undefined) this.#linger(this.#response?.req)
      else destroySoon.call(stream)
    }
  }

  /**
   * The last answer is given: sends FIN, and reads until the client has closed, too, or says nothing for a second.
   *
   * To bytes that find a socket closed TCP answers with RST, and what the client has not read by then is lost.
   *
   * @see {@link https://www.rfc-editor.org/rfc/rfc9112#section-9.6-12 RFC 9112, 9.6}
   */
  #linger(request?: IncomingMessage): void {
    const { stream } = this
    this.#stage = 'lingering'
    // The rest of its body is for whoever reads it.
    if (request?.complete === false) request.once('end', () => discard(stream))
    else discard(stream)
    stream.end(() => {
      if (!stream.destroyed) this.site.drain.endIfSilent([this])
    })
  }
}

/** Reads what still comes, and lets nobody have it: Node's parser would ask the application to answer. */
function discard(stream: Socket): void {
  stream.removeAllListeners('data')
  // At a listener of somebody else, Node takes the socket back from its parser (20 to 26).
  stream.on('data', () => {})
  stream.resume()
}
