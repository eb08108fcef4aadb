import type { Socket } from 'node:net'

/** The methods that close a socket. Node's own servers call `destroySoon` when they have answered. */
const CLOSERS = ['destroy', 'destroySoon'] as const

/**
 * Withholds a socket from all that would close it in this process, its drain and timeouts included. Returns the undo.
 *
 * Messages with handles leave one by one, so that a handle may wait for long. Closed meanwhile, its connection would be lost.
 *
 * `asked` is called when something asks to close the socket, with its error if it has one. When it calls the undo, the socket
 * is closed as asked.
 */
export function withhold(socket: Socket, asked: (error?: unknown) => void = () => {}): () => void {
  let withheld = true
  socket.setTimeout(0)
  const undo = CLOSERS.map((name) => {
    const own = Object.getOwnPropertyDescriptor(socket, name)
    const close: unknown = socket[name]
    const closer = (...args: unknown[]): unknown => {
      if (withheld) asked(args[0])
      return withheld || typeof close !== 'function' ? socket : Reflect.apply(close, socket, args)
    }
    // Writable: core replaces it on a socket that is answered in a drain, and may call it later.
    Object.defineProperty(socket, name, { value: closer, configurable: true, writable: true })
    return (): void => {
      if (Reflect.get(socket, name) !== closer) return
      if (own === undefined) Reflect.deleteProperty(socket, name)
      else Object.defineProperty(socket, name, own)
    }
  })
  return () => {
    withheld = false
    for (const each of undo) each()
  }
}
