import type { Socket } from 'node:net'
import type { ToSupervisor } from '../protocol/messages.ts'
import type { Waiting } from './connection-queue.ts'
import type { Link } from './link.ts'

/** Receives the calls of a {@link Switchboard}: the runner, which starts and ends the command. */
export interface Operator {
  /** Somebody waits, and nobody serves that address. */
  needed(): void
  /** The queue is full: somebody is turned away. */
  full(): void
  /** A process serves an address. */
  claimed(link: Link, listen: number): void
  /** A process is about to listen on a path that is not there. */
  restore(link: Link, listen: number): void
  /** It serves it no longer. */
  released(link: Link, listen: number): void
  /** A process ends, since it was idle. */
  ending(link: Link): void
  /** A process has closed everything. */
  closed(link: Link): void
  /** A process has said how idle it is. */
  told(link: Link, idleness: Extract<ToSupervisor, { type: 'idleness' }>): void
  /** A process has gone. */
  gone(link: Link): void
  /** Reports whether there is room for a connection that a process gives back. */
  admit?(socket: Socket): boolean
  /** What is piped where no process speaks with us; gives whether it was taken. */
  pipe?(waiting: Waiting): boolean
}
