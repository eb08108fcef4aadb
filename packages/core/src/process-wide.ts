// The functions that reach every watch of the process, without the servers. Does not load node:http.
export type { CloseReport } from './closing/close-report.ts'
export type { EndCallback } from './closing/end-callbacks.ts'
export type { IdleErrorCode, IdleUsageError, IdleWarningCode } from './errors.ts'
export type { Duration } from './options.ts'
export { beforeEnd, explain, hold, touch, waitUntil } from './process-wide/functions.ts'
export { waitUntilPlugin } from './process-wide/wait-until-plugin.ts'
export type { Explanation, Reason } from './tracker/explanation.ts'
export type { Hold, HoldOptions } from './tracker/hold.ts'
