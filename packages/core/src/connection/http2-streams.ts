import type { ServerHttp2Stream } from 'node:http2'
import type { Reason } from '../tracker/explanation.ts'
import { type ActivityCount, isTunnel } from './activity-count.ts'
import { endResponse } from './going-away.ts'
import { HttpConnection } from './http-connection.ts'
import { bytesOn, responseOf } from './node-internals.ts'
import { streamLabel } from './request-label.ts'
import { isEnded, reasonAt } from './stream-count.ts'
import { decideTunnelEnd, endTunnel, lookAtTunnel, sendTunnelAway, tunnelMoved } from './tunnel.ts'

/** `http2.constants.NGHTTP2_CANCEL`. */
export const CANCEL = 8

/** A connection that speaks HTTP/2, as far as its streams and tunnels stay open. */
export abstract class Http2Streams extends HttpConnection<ServerHttp2Stream> {
  /** The streams in progress, and how each counts. */
  protected readonly streams: Map<ServerHttp2Stream, ActivityCount> = new Map()

  override trafficMoved(): boolean {
    let moved = super.trafficMoved()
    for (const [stream, count] of this.streams) {
      if (count === 'traffic') moved = tunnelMoved(this.context, stream) || moved
    }
    return moved
  }

  override lookAtStreams(): void {
    super.lookAtStreams()
    for (const [stream, count] of this.streams) if (isTunnel(count)) lookAtTunnel(this.context, stream)
  }

  protected override decideEnd(): void {
    super.decideEnd()
    for (const [stream, count] of this.streams) {
      if (isTunnel(count)) this.streams.set(stream, decideTunnelEnd(this.context, stream, count))
    }
  }

  override endUncounted(): boolean {
    let ending = super.endUncounted()
    for (const [stream, count] of this.streams) {
      const ends = count === 'ignore' || (isTunnel(count) && this.context.drain.endsUpgrades)
      if (!ends || isEnded(this.context, stream)) continue
      ending = true
      endTunnel(this.context, stream)
    }
    return ending
  }

  protected override sendGoingAway(): boolean {
    const tunnels = [...this.streams].filter(([, count]) => isTunnel(count))
    return tunnels.filter(([stream]) => sendTunnelAway(this.context, stream)).length > 0
  }

  override explain(reasons: Reason[], uncounted: Reason[]): void {
    super.explain(reasons, uncounted)
    for (const [stream, count] of this.streams) {
      if (count === 'open') reasons.push({ kind: 'upgrade', label: streamLabel(stream), ignored: false })
      else if (count === 'traffic' || count === 'ignore')
        uncounted.push(reasonAt('upgrade', streamLabel(stream), lookAtTunnel(this.context, stream)))
    }
  }

  protected *inProgress(): Iterable<readonly [ServerHttp2Stream, ActivityCount]> {
    for (const entry of this.streams) if (!isTunnel(entry[1])) yield entry
  }

  protected labelOf(stream: ServerHttp2Stream): string {
    return streamLabel(stream)
  }

  protected writing(): Iterable<readonly [ServerHttp2Stream, ActivityCount]> {
    return this.streams
  }

  protected isStream(stream: ServerHttp2Stream): boolean {
    if (!stream.headersSent || stream.writableEnded || stream.destroyed) return false
    return !isTunnel(this.streams.get(stream) ?? 'active') && stream.sentHeaders['content-length'] === undefined
  }

  protected override bytesOf(stream: ServerHttp2Stream): number {
    return bytesOn(stream)
  }

  protected setCount(stream: ServerHttp2Stream, count: ActivityCount): void {
    this.streams.set(stream, count)
  }

  protected override endStream(stream: ServerHttp2Stream): void {
    stream.on('error', () => {})
    // The client may still be sending its request.
    stream.once('finish', () => stream.close())
    if (!endResponse(responseOf(stream) ?? stream)) stream.close(CANCEL)
  }

  protected override cutStream(stream: ServerHttp2Stream): void {
    const others = [...this.streams.keys()].some((other) => !isEnded(this.context, other))
    if (others) stream.close(CANCEL)
    else this.destroy()
  }
}
