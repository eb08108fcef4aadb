import type { ChildProcess } from 'node:child_process'

/** No message of ours is as long as this (in characters). */
const LONGEST_MESSAGE = 2 ** 20

/**
 * Bears whatever a program writes on its IPC channel, which is an open descriptor of it (`echo hello >&3` in a shell). Calls back
 * when it was no JSON, or has no end: what follows is not understood either.
 *
 * Node parses it in a callback of its own, in which an error ends the supervisor, and keeps what has no end. Needs private members:
 * the channel's handle and its buffer (20 to 26). Without them it does nothing.
 */
export function guardChannel(child: ChildProcess, broken: () => void): void {
  const handle: unknown = ofSymbol(child, 'kChannelHandle')
  const read: unknown = Reflect.get(Object(handle), 'onread')
  if (typeof handle !== 'object' || handle === null || typeof read !== 'function') return
  Reflect.set(handle, 'onread', function (this: unknown, ...args: unknown[]): unknown {
    try {
      const done: unknown = Reflect.apply(read, this, args)
      const rest: unknown = ofSymbol(handle, 'kJSONBuffer')
      if (typeof rest === 'string' && rest.length > LONGEST_MESSAGE) broken()
      return done
    } catch (error) {
      // Anything else is not the program's fault.
      if (!(error instanceof SyntaxError)) throw error
      broken()
      return undefined
    }
  })
}

function ofSymbol(object: object, description: string): unknown {
  const symbol = Object.getOwnPropertySymbols(object).find((one) => one.description === description)
  return symbol === undefined ? undefined : Reflect.get(object, symbol)
}
