// The clock without the servers, for packages that watch none. Does not load node:http.
export { after, systemClock } from './clock.ts'
export { IdleUsageError, invalidOption, showValue } from './errors.ts'
export { checkPath, milliseconds, oneOf, warnIfShort } from './options.ts'
export { printable } from './printable.ts'
export { lastLook } from './tracker/event-loop.ts'
export { IdleTracker } from './tracker/idle-tracker.ts'
