// Exports values that users import from index here, too, so that an adapter loads one module less.
export {
  AppShutdown,
  alreadyRegistered,
  checkUnregistered,
  type IdleMembers,
  isRegistered,
  register,
  withMembers,
} from './app-shutdown.ts'
export { after, systemClock } from './clock.ts'
export { countStream, ignoreRequest } from './connection/count-request.ts'
export { handedOver } from './connection/handed-over.ts'
export { IdleTimeoutError, IdleUsageError, invalidOption, showValue, warn } from './errors.ts'
export { IdleShutdown, internals } from './idle-shutdown.ts'
export type { Internals } from './internals.ts'
export { infinite, milliseconds, oneOf, rejectUnknownOptions, type StreamCount, streamCount } from './options.ts'
export { printable } from './printable.ts'
export { discover, SERVE } from './server/discovery.ts'
export { type Activation, activations, checkServer } from './server/server.ts'
