// Starts nothing. Loads the functions, and neither the preload nor the command.
export type {
  CloseReport,
  Duration,
  EndCallback,
  Explanation,
  Hold,
  HoldOptions,
  IdleErrorCode,
  IdleUsageError,
  IdleWarningCode,
  Reason,
} from '@idle-shutdown/core/process-wide'
export { beforeEnd, explain, hold, touch, waitUntil, waitUntilPlugin } from '@idle-shutdown/core/process-wide'
