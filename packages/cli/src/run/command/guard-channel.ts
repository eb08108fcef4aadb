import type { ChildProcess } from 'node:child_process'

/** The longest message (in characters). No message of this protocol is longer. */
const LONGEST_MESSAGE = 2 ** 20

/**
 * Guards the supervisor against anything that a program writes on its IPC channel, which is an open descriptor
 * (`echo hello >&3` in a shell). Calls back when a message is not JSON or does not end, because nothing after it can be
 * understood.
 *
 * Node parses messages in a callback of its own: an error there ends the supervisor, and a message without an end is
 * buffered forever. Uses private members of Node: the channel's handle and its buffer (Node 20-26). Does nothing
 * without them.
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
      // Only a SyntaxError is the fault of the program.
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
