import type { Socket } from 'node:net'
import { ManualClock } from '@idle-shutdown/testing'
import { Connection, type ConnectionContext } from '../src/connection/connection.ts'
import type { ConnectionState } from '../src/connection/connection-state.ts'
import { shutdownSettings, trackerSettings } from '../src/options.ts'
import { Countdown } from '../src/tracker/countdown.ts'

/** A connection without a protocol, on a server of its own that does not drain. A test changes its state. */
export class TestConnection extends Connection {
  readonly requestBytes = 0
  readonly endsIfSilent = false

  constructor(socket: Socket, state: ConnectionState, counts = false) {
    super(makeContext(), socket, state, counts)
  }

  hasPartialHead(): boolean {
    return false
  }

  announce(): void {}

  beginEnd(): void {}

  protected releaseCounts(): void {}

  override enter(...args: Parameters<Connection['enter']>): boolean {
    return super.enter(...args)
  }
}

function makeContext(): ConnectionContext {
  const settings = shutdownSettings({ clock: new ManualClock() })
  const drain = { begun: false, finishing: false, endsUpgrades: false }
  const ignore = (): void => {}
  return {
    countdown: new Countdown(trackerSettings(settings.tracker), () => {}),
    settings,
    drain: { ...drain, answered: ignore, accepted: ignore, check: ignore, endUncounted: ignore, endIfSilent: ignore },
    connections: new Set(),
  }
}
