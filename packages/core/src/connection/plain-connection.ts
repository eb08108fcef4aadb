import type { Socket } from 'node:net'
import { Connection, type Site } from './connection.ts'

/** A connection of a net or tls server. Counts as an activity until it closes. The application closes it. */
export class PlainConnection extends Connection {
  constructor(site: Site, socket: Socket, bare: boolean, securing: boolean) {
    super(site, socket, bare, securing)
    // If a handshake takes too long, a tls server only emits 'tlsClientError' and leaves the socket open.
    if (securing) this.boundSilence()
  }

  get arrived(): number {
    return 0
  }

  headBegun(): boolean {
    return false
  }

  /**
   * Returns `false`, since an open connection counts even if its client is silent. During the handshake, the silence
   * limit applies.
   */
  override get waiting(): boolean {
    return false
  }

  get silent(): boolean {
    return this.securing
  }

  /** Counts the connection from now on until it closes, even if its handshake took longer than the silence limit. */
  override secured(stream: Socket): void {
    super.secured(stream)
    this.forgetSilence()
    if (this.bare) return
    this.bare = true
    this.site.countdown.begin()
  }

  announce(): void {}

  finish(): void {}

  protected release(): void {}
}
