export { type IdleMiddleware, type IdleOptions, idle, idle as default, ignored, stream } from './idle.ts'
