export type { IdleShutdownOptions } from '@idle-shutdown/core'
export {
  type IdleMiddleware,
  idle,
  idle as default,
  idle as 'module.exports',
  ignored,
  type Middleware,
} from './idle.ts'
