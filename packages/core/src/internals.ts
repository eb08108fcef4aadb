import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2'

/** The parts of an `IdleShutdown` that only this family has. */
export interface Internals {
  /** Resolves when an end has been decided and no listener accepts connections any more. */
  readonly listenersClosed: Promise<void>
  /** Reports whether callbacks of `beforeEnd()` are awaited at the end. */
  readonly awaitsCallbacks: boolean
  /** Takes it out of the reach of `hold()` and the other functions of the process. */
  leaveProcess(): void
  /** Cancels the warning `IDLE_STILL_RUNNING`, since the process goes on by intent. */
  cancelStillRunningWarning(): void
  /** Removes the time limit of `confirm`, which is then asked once. An activity meanwhile still counts. */
  waitForConfirm(): void
  /**
   * Makes a drain end upgraded sockets as soon as it has begun, even those that count. Flushes what was written, then
   * sends FIN.
   *
   * For the preload, since an unmodified program has no listener that would end them.
   */
  endUpgrades(): void
  /** Counts a request that began before its server was watched. */
  adoptRequest(request: IncomingMessage | Http2ServerRequest, response: ServerResponse | Http2ServerResponse): void
}
