export { type IdleMiddleware, type IdleOptions, idle, idle as default, ignored } from './idle.ts'
