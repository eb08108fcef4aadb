import type { Socket } from 'node:net'

/** The methods that close a socket. Node's own servers call `destroySoon` after an answer. */
const CLOSERS = ['destroy', 'destroySoon'] as const

/**
 * Prevents anything in this process from closing a socket, including its drain and timeouts. Returns a function that
 * undoes this.
 *
 * Messages with handles leave one by one, so that a handle may wait for long. If it was closed meanwhile, its
 * connection would be lost.
 *
 * `asked` is called when something wants to close the socket, with its error if it has one. If `asked` calls the undo
 * function, the socket is closed.
 */
export function disableClose(socket: Socket, asked: (error?: unknown) => void = () => {}): () => void {
  let disabled = true
  socket.setTimeout(0)
  const undo = CLOSERS.map((name) => {
    const own = Object.getOwnPropertyDescriptor(socket, name)
    const close: unknown = socket[name]
    const closer = (...args: unknown[]): unknown => {
      if (disabled) asked(args[0])
      return disabled || typeof close !== 'function' ? socket : Reflect.apply(close, socket, args)
    }
    // Writable: the core replaces it on a socket that is answered in a drain, and may call it later.
    Object.defineProperty(socket, name, { value: closer, configurable: true, writable: true })
    return (): void => {
      if (Reflect.get(socket, name) !== closer) return
      if (own === undefined) Reflect.deleteProperty(socket, name)
      else Object.defineProperty(socket, name, own)
    }
  })
  return () => {
    disabled = false
    for (const each of undo) each()
  }
}
