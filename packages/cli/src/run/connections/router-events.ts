import type { Socket } from 'node:net'
import type { ToSupervisor } from '../../protocol/messages.ts'
import type { PendingConnection } from './connection-queue.ts'
import type { ProcessLink } from './process-link.ts'

/**
 * Receives the calls of a {@link ConnectionRouter}. The {@link Runner}, which starts and ends the command, implements
 * it.
 */
export interface RouterEvents {
  /** A connection waits at an address, and no process takes it. */
  needed(): void
  /** The queue is full, and a connection was turned away. */
  full(): void
  /** A process serves an address. */
  claimed(link: ProcessLink, listen: number): void
  /** A process is about to listen on a path that does not exist. */
  restore(link: ProcessLink, listen: number): void
  /** A process no longer serves an address. */
  released(link: ProcessLink, listen: number): void
  /** An idle process ends. */
  draining(link: ProcessLink): void
  /** A process has closed everything. */
  drained(link: ProcessLink): void
  /** A process has said how idle it is. */
  idleness(link: ProcessLink, report: Extract<ToSupervisor, { type: 'idleness' }>): void
  /** A process has exited. */
  gone(link: ProcessLink): void
  /** Reports whether there is room for a connection that a process returns. */
  admit?(socket: Socket): boolean
  /** Pipes a connection to a command that does not speak this protocol. Reports whether the connection was taken. */
  pipe?(waiting: PendingConnection): boolean
}
