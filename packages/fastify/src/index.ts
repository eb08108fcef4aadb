export type { IdleShutdownOptions } from '@idle-shutdown/core'
export { idleShutdown, idleShutdown as default, idleShutdown as 'module.exports' } from './idle-shutdown.ts'
