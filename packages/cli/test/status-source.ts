import type { RunStatus } from '../src/run/run-status.ts'

/** A supervisor whose status a test sets. */
export class StatusSource {
  asked = 0
  status: RunStatus = {
    state: 'asleep',
    since: Date.now() - 65_000,
    begun: Date.now() - 7_500_000,
    listen: [{ port: 3000 }],
    command: ['npm', 'start'],
    pid: undefined,
    starts: 0,
    failures: 0,
    connections: 0,
    waiting: 0,
    coldStarts: [],
    lastFailure: undefined,
    retryAt: undefined,
    idle: undefined,
  }

  async refresh(): Promise<RunStatus> {
    this.asked++
    return this.status
  }

  /** Changes parts of the status. */
  set(changes: Partial<RunStatus>): void {
    this.status = { ...this.status, since: Date.now(), ...changes }
  }
}
