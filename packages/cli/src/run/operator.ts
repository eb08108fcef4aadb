import type { Socket } from 'node:net'
import type { ToSupervisor } from '../protocol/messages.ts'
import type { Waiting } from './connection-queue.ts'
import type { Link } from './link.ts'

/**
 * Receives the calls of a {@link Switchboard}. The {@link Runner}, which starts and ends the command, implements it.
 */
export interface Operator {
  /** A connection waits at an address, and no process takes it. */
  needed(): void
  /** The queue is full, and a connection was turned away. */
  full(): void
  /** A process serves an address. */
  claimed(link: Link, listen: number): void
  /** A process is about to listen on a path that does not exist. */
  restore(link: Link, listen: number): void
  /** A process no longer serves an address. */
  released(link: Link, listen: number): void
  /** An idle process ends. */
  ending(link: Link): void
  /** A process has closed everything. */
  closed(link: Link): void
  /** A process has said how idle it is. */
  told(link: Link, idleness: Extract<ToSupervisor, { type: 'idleness' }>): void
  /** A process has exited. */
  gone(link: Link): void
  /** Reports whether there is room for a connection that a process gives back. */
  admit?(socket: Socket): boolean
  /** Pipes a connection to a command that does not speak this protocol. Reports whether the connection was taken. */
  pipe?(waiting: Waiting): boolean
}
