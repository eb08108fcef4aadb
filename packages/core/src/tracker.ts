// The clock without the servers, for what watches none: it loads no node:http.
export { after, systemClock } from './clock.ts'
export { IdleUsageError, showValue } from './errors.ts'
export { IdleTracker } from './idle-tracker.ts'
export { milliseconds } from './options.ts'
