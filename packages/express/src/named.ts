export type { IdleShutdownOptions } from '@idle-shutdown/core'
export { type IdleMiddleware, idle, idle as default, ignored, type Middleware } from './idle.ts'
