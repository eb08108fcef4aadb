import type { Socket } from 'node:net'
import { start } from './activity-count.ts'
import { Connection, type ConnectionContext } from './connection.ts'

/** A connection of a net or tls server. Counts as an activity until it closes. The application closes it. */
export class PlainConnection extends Connection {
  constructor(context: ConnectionContext, socket: Socket, handshakes: boolean) {
    super(context, socket, handshakes ? 'handshaking' : 'new', true)
    context.countdown.began()
    // If a handshake takes too long, a tls server only emits 'tlsClientError' and leaves the socket open.
    if (handshakes) this.limitSilence()
    else this.enter('active', 'pass')
  }

  get requestBytes(): number {
    return 0
  }

  hasPartialHead(): boolean {
    return false
  }

  /**
   * Returns `false`, since an open connection counts even if its client is silent. During the handshake, the silence
   * limit applies.
   */
  override get waitsForClient(): boolean {
    return false
  }

  get endsIfSilent(): boolean {
    return this.state === 'handshaking'
  }

  /** Counts the connection from now on until it closes, even if its handshake took longer than the silence limit. */
  override onSecure(transport: Socket): void {
    super.onSecure(transport)
    this.forgetSilence()
    if (!this.enter('active', 'pass')) start(this.context.countdown, 'active')
  }

  override explain(...[reasons, uncounted]: Parameters<Connection['explain']>): void {
    super.explain(reasons, uncounted)
    if (this.state === 'active') reasons.push(this.reason)
  }

  announce(): void {}

  beginEnd(): void {}

  protected releaseCounts(): void {
    if (this.state === 'active') this.context.countdown.finish('active')
  }
}
