import type { Socket } from 'node:net'
import { Connection, type Site } from './connection.ts'

/** A connection of a net or tls server: active for as long as it is open. The application ends it. */
export class PlainConnection extends Connection {
  constructor(site: Site, socket: Socket, bare: boolean, securing: boolean) {
    super(site, socket, bare, securing)
    // A tls server only tells its application that a handshake took too long, and lets the socket be.
    if (securing) this.boundSilence()
  }

  get arrived(): number {
    return 0
  }

  headBegun(): boolean {
    return false
  }

  /** An open connection counts, whatever is said on it. Before the handshake it has a bound of its own. */
  override get waiting(): boolean {
    return false
  }

  get silent(): boolean {
    return this.securing
  }

  /** From now on it counts until it closes, whether or not its silence was too long before. */
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
