import { Connection } from '../src/connection/connection.ts'
import { CONNECTION_STATES } from '../src/connection/connection-state.ts'

// Importing this file makes each change of a connection's state that CONNECTION_STATES does not allow throw. The
// function is replaced from outside, so that production pays nothing for the check.

const enter: unknown = Reflect.get(Connection.prototype, 'enter')
if (typeof enter !== 'function') throw new Error('Connection has no enter()')

Reflect.set(Connection.prototype, 'enter', function (this: Connection, ...args: unknown[]): unknown {
  const before = this.state
  const counted: unknown = enter.apply(this, args)
  const { state, counts, context } = this
  if (state !== before && !CONNECTION_STATES[before].next.includes(state)) {
    throw new Error(`A connection became ${state} after ${before}`)
  }
  if (counts && !CONNECTION_STATES[state].counts[context.settings.activity]) {
    throw new Error(`A connection that is ${state} counts`)
  }
  return counted
})
