import type { EventEmitter } from 'node:events'

/** The members by which a program sees an IPC channel. */
const MEMBERS = ['connected', 'channel', 'disconnect'] as const

/**
 * The IPC channel to the supervisor, which the program does not notice: without a parent of its own that speaks with it,
 * `process.send`, `process.connected`, `process.channel` and `process.disconnect` are undefined, as if there was no channel. It
 * gets no 'message' and no 'disconnect'; to listen to them keeps it no longer alive.
 *
 * Node itself looks at these members while it reads and sends: it finds them then. Needs that its handle of the channel is a
 * member of `process` under a symbol, and its `_send` (20 to 26). Without the handle, the channel stays visible.
 */
export class PrivateChannel {
  readonly #send = process.send
  readonly #control = process.channel
  readonly #handle: object | undefined = channelHandle()
  readonly #lost: () => void
  #connected = true
  /** How deep in Node's own code for the channel. */
  #inside = 0

  /** Calls `received` with each message that has a name of Node's own, and `lost` once when the other side has closed. */
  constructor(received: (message: unknown, handle: unknown) => void, lost: () => void) {
    this.#lost = lost
    process.channel?.unref()
    if (this.#handle === undefined) process.once('disconnect', () => this.#end())
    else this.#hide(this.#handle)
    process.on('internalMessage', received)
  }

  /** Sends a message. What cannot be sent any more is dropped. */
  send(message: object, handle?: object): void {
    const send = this.#send
    if (!this.#connected || send === undefined) return
    // Callback: without one, a channel that has just closed makes an 'error'.
    this.#within(() => Reflect.apply(send, process, [message, handle, { keepOpen: true }, () => {}]))
  }

  /** Keeps the process alive. */
  ref(): void {
    if (this.#connected) this.#control?.ref()
  }

  /** Keeps the process alive no longer. */
  unref(): void {
    if (this.#connected) this.#control?.unref()
  }

  /** Closes it. What was sent has left. */
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
    // Node's own, which takes the handles that arrive with messages.
    for (const listener of emitter.listeners('internalMessage')) {
      Reflect.apply(emitter.off, emitter, ['internalMessage', listener])
      emitter.on('internalMessage', (...args: unknown[]) => this.#within(() => Reflect.apply(listener, process, args)))
    }
    for (const name of MEMBERS) this.#shadow(name)
    Reflect.deleteProperty(process, 'send')
    // Those of Node that keep the process alive while it listens to messages.
    for (const event of ['newListener', 'removeListener'])
      for (const listener of emitter.listeners(event))
        if (/^on(New|Remove)Listener$/.test(listener.name)) Reflect.apply(emitter.off, emitter, [event, listener])
  }

  /** The program may set a member of its own, which is then what it finds. */
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
