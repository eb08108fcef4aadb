import type { EventEmitter } from 'node:events'

/** The members by which a program sees an IPC channel. */
const MEMBERS = ['connected', 'channel', 'disconnect'] as const

/**
 * The IPC channel to the supervisor, hidden from the program.
 *
 * `process.send`, `process.connected`, `process.channel` and `process.disconnect` are undefined, as in a program
 * without a channel. The program gets no 'message' and no 'disconnect', and listeners for them do not keep it alive.
 *
 * Node itself reads these members while it receives and sends, and finds them then. Needs the handle of the channel, a
 * member of `process` under a symbol, and `process._send` (Node 20-26). Without the handle, the channel stays visible.
 */
export class PrivateChannel {
  readonly #send = process.send
  readonly #control = process.channel
  readonly #handle: object | undefined = channelHandle()
  readonly #lost: () => void
  #connected = true
  /** The depth of calls into Node's own code for the channel. */
  #inside = 0

  /**
   * Calls `received` with each message that has a name of Node's own, and `lost` once when the other side has closed.
   */
  constructor(received: (message: unknown, handle: unknown) => void, lost: () => void) {
    this.#lost = lost
    process.channel?.unref()
    if (this.#handle === undefined) process.once('disconnect', () => this.#end())
    else this.#hide(this.#handle)
    process.on('internalMessage', received)
  }

  /** Sends a message. Drops a message that can no longer be sent. */
  send(message: object, handle?: object): void {
    const send = this.#send
    if (!this.#connected || send === undefined) return
    // Without a callback, a channel that has just closed emits 'error'.
    this.#within(() => Reflect.apply(send, process, [message, handle, { keepOpen: true }, () => {}]))
  }

  /** Keeps the process alive. */
  ref(): void {
    if (this.#connected) this.#control?.ref()
  }

  /** Does not keep the process alive any longer. */
  unref(): void {
    if (this.#connected) this.#control?.unref()
  }

  /** Closes the channel. Messages that were sent have left by then. */
  close(): void {
    if (!this.#connected) return
    this.#connected = false
    if (this.#handle === undefined) process.disconnect?.()
    else closeHandle(this.#handle)
  }

  #hide(handle: object): void {
    const read: unknown = Reflect.get(handle, 'onread')
    const send: unknown = Reflect.get(process, '_send')
    if (typeof read !== 'function' || typeof send !== 'function') return
    Reflect.set(handle, 'onread', (bytes: ArrayBuffer | undefined) => {
      if (bytes !== undefined) this.#within(() => Reflect.apply(read, handle, [bytes]))
      else this.#end()
    })
    Reflect.set(process, '_send', (...args: unknown[]) => this.#within(() => Reflect.apply(send, process, args)))
    const emitter: EventEmitter = process
    // Node's own listener, which takes the handles that arrive with messages.
    for (const listener of emitter.listeners('internalMessage')) {
      Reflect.apply(emitter.off, emitter, ['internalMessage', listener])
      emitter.on('internalMessage', (...args: unknown[]) => this.#within(() => Reflect.apply(listener, process, args)))
    }
    for (const name of MEMBERS) this.#shadow(name)
    Reflect.deleteProperty(process, 'send')
    // Node's listeners that keep the process alive while the program listens for messages.
    for (const event of ['newListener', 'removeListener'])
      for (const listener of emitter.listeners(event))
        if (/^on(New|Remove)Listener$/.test(listener.name)) Reflect.apply(emitter.off, emitter, [event, listener])
  }

  /** Hides a member of `process`. The program may set the member, and then reads its own value. */
  #shadow(name: (typeof MEMBERS)[number]): void {
    let real: unknown = Reflect.get(process, name)
    let own: unknown
    Object.defineProperty(process, name, {
      get: () => (this.#inside > 0 ? real : own),
      set: (value: unknown) => {
        if (this.#inside > 0) real = value
        else own = value
      },
      configurable: true,
      enumerable: true,
    })
  }

  #within<T>(work: () => T): T {
    this.#inside++
    try {
      return work()
    } finally {
      this.#inside--
    }
  }

  #end(): void {
    if (!this.#connected) return
    this.#connected = false
    if (this.#handle !== undefined) closeHandle(this.#handle)
    this.#lost()
  }
}

function channelHandle(): object | undefined {
  const symbol = Object.getOwnPropertySymbols(process).find(({ description }) => description === 'kChannelHandle')
  const handle: unknown = symbol && Reflect.get(process, symbol)
  return typeof handle === 'object' && handle !== null ? handle : undefined
}

function closeHandle(handle: object): void {
  const close: unknown = Reflect.get(handle, 'close')
  Reflect.set(handle, 'onread', () => {})
  if (typeof close === 'function') Reflect.apply(close, handle, [])
}
