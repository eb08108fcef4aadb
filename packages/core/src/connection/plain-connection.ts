import type { Reason } from '../explanation.ts'
import { Connection } from './connection.ts'

/** A connection of a net or tls server: active for as long as it is open. The application ends it. */
export class PlainConnection extends Connection {
  get arrived(): number {
    return 0
  }

  get headBegun(): boolean {
    return false
  }

  announce(): void {}

  finish(): void {}

  finishSilent(): void {
    if (this.securing) this.end()
  }

  explain(reasons: Reason[]): void {
    reasons.push({ kind: 'connection', label: this.origin, ignored: false })
  }

  protected release(): void {}
}
