export type { IdleShutdownOptions } from '@idle-shutdown/core'
export { idleShutdown, idleShutdown as default } from './idle-shutdown.ts'
