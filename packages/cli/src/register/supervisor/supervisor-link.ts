import { type ToProcess, type ToSupervisor, tagged } from '../../protocol/messages.ts'
import { fromSupervisor } from '../../protocol/received.ts'
import type { SupervisorInfo } from '../../protocol/supervisor-info.ts'
import { ControlConnection } from './control-connection.ts'
import { PrivateChannel } from './private-channel.ts'

/** Receives what arrives over a {@link SupervisorLink}. */
interface LinkEvents {
  received(message: ToProcess, handle?: object): void
  /** The supervisor has ended. */
  lost(): void
}

/**
 * The connection to the supervisor. A direct child has the IPC channel from the start. Another process connects to the
 * control socket with its first message.
 */
export class SupervisorLink {
  /** Reports whether this process is a direct child, so that messages can carry sockets. */
  readonly isDirect: boolean
  readonly #control: string
  readonly #events: LinkEvents
  readonly #channel: PrivateChannel | undefined
  #connection: ControlConnection | undefined

  constructor({ supervisor, control }: SupervisorInfo, events: LinkEvents) {
    this.#control = control
    this.#events = events
    this.isDirect = process.ppid === supervisor && process.connected
    if (!this.isDirect) return
    this.#channel = new PrivateChannel(
      (message, handle) => this.#received(message, handle),
      () => events.lost(),
    )
  }

  /** Reports whether the supervisor knows this process: it is a direct child, or has sent a message. */
  get isOpen(): boolean {
    return this.#channel !== undefined || this.#connection !== undefined
  }

  send(message: ToSupervisor, handle?: object): void {
    if (this.#channel !== undefined) {
      this.#channel.send(tagged(message), handle)
      return
    }
    this.#connection ??= new ControlConnection(
      this.#control,
      (received) => this.#received(received),
      () => this.#events.lost(),
    )
    this.#connection.send(tagged(message))
  }

  /** Lets the IPC channel keep the process alive. */
  ref(): void {
    this.#channel?.ref()
  }

  /** Undoes {@link ref}. */
  unref(): void {
    this.#channel?.unref()
  }

  /** Closes once the last message has left. */
  close(): void {
    const channel = this.#channel
    if (channel !== undefined) setImmediate(() => channel.close())
    this.#connection?.close()
  }

  #received(message: unknown, handle?: unknown): void {
    const ours = fromSupervisor(message)
    if (ours === undefined) return
    this.#events.received(ours, typeof handle === 'object' && handle !== null ? handle : undefined)
  }
}
