// The clock without the servers, for packages that watch none. Does not load node:http.
export { after, systemClock } from './clock.ts'
export { IdleUsageError, showValue } from './errors.ts'
export { IdleTracker } from './idle-tracker.ts'
export { lastLook } from './last-look.ts'
export { checkPath, milliseconds, warnIfShort } from './options.ts'
export { printable } from './printable.ts'
