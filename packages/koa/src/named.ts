export type { IdleShutdownOptions } from '@idle-shutdown/core'
export {
  type App,
  type Context,
  type IdleMiddleware,
  type IdleOptions,
  idle,
  idle as default,
  ignored,
  type Middleware,
} from './idle.ts'
