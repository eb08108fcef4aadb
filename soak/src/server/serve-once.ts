import type { Subject } from '@idle-shutdown/conformance'
import { IdleTimeoutError } from '@idle-shutdown/core'
import { type Address, addressOf } from '@idle-shutdown/testing'
import { type CycleReport, now } from '../ledger/report.ts'
import { answering } from './answering.ts'
import { ServerLedger } from './server-ledger.ts'
import type { Turns } from './turns.ts'
import { WebSockets } from './web-sockets.ts'

/** The longest drain (ms). Every client of the soak leaves long before, so nothing should be cut. */
const GRACE = 20_000

/** The time (ms) before the end of the grace at which remaining counts are noted. */
const BEFORE_GRACE = 200

/** The time (ms) that a server waits for its first client. */
const STARTUP_PATIENCE = 5_000

/**
 * The time (ms) for which every third end blocks the event loop, so that much arrives between the decision and the
 * drain.
 */
const BLOCKED = 4

/** A server that listens. */
export interface ListeningServer {
  readonly address: Address
  /** Resolves when everything is closed. The caller still has to measure `heap`. */
  readonly closed: Promise<Omit<CycleReport, 'heap'>>
  close(): void
  explain(): string
}

/** Serves a subject once, until it ends for lack of use or is closed. */
export async function serveOnce(
  subject: Subject,
  { patience, turns, count }: { patience: number; turns: Turns; count: number },
): Promise<ListeningServer> {
  const ledger = new ServerLedger(turns)
  const begun = (id: number): void => {
    ledger.handled.push(id)
  }
  const webSockets = new WebSockets(begun)
  const { idle, servers, stop } = await subject.serve(
    answering(begun, (port) => ledger.cut(port)),
    // The first client may take long to connect on a busy machine.
    { patience: `${patience}ms`, startupPatience: STARTUP_PATIENCE, grace: GRACE },
    {
      prepare(server) {
        ledger.keep(server)
        if (subject.protocol === 'http/1.1') webSockets.serve(server, (port) => ledger.cut(port))
      },
    },
  )
  // Reads these once: when an app is served again, its properties belong to the new cycle.
  const { tracker, signal } = idle
  const explain = (): string => `${tracker}; ${JSON.stringify(tracker.explain())}`
  let beforeGrace = ''
  let noting: NodeJS.Timeout | undefined
  const onAbort = (): void => {
    noting = setTimeout(() => {
      beforeGrace = explain()
    }, GRACE - BEFORE_GRACE)
    webSockets.end()
    if (count % 3 === 0) block(BLOCKED)
  }
  signal.addEventListener('abort', onAbort)

  const closed = idle.closed.then(async ({ reason, duration, drained, destroyed, abandoned }) => {
    signal.removeEventListener('abort', onAbort)
    clearTimeout(noting)
    await stop()
    const { active, ignored, reasons } = tracker.explain()
    return {
      accepted: ledger.accepted,
      listenerDown: ledger.listenerDown,
      handled: ledger.handled,
      left: { active, ignored, reasons: reasons.map(({ kind, label }) => `${kind} ${label}`) },
      figures: { duration, drained, destroyed, abandoned },
      beforeGrace,
      idle: reason instanceof IdleTimeoutError,
    }
  })
  return {
    address: addressOf(servers[0]),
    closed,
    close: () => void idle.close(),
    explain,
  }
}

function block(ms: number): void {
  const until = now() + ms
  while (now() < until);
}
