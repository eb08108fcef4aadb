// The compiler reports `TS1479`: it does not know yet that Node can require an ES module.
// @ts-expect-error
import { idleShutdown } from '@idle-shutdown/core'

// @ts-expect-error
import idle = require('@idle-shutdown/express')

export const all = [idleShutdown, idle]
