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
export { handedOver } from './connection/http1-connection.ts'
export { ignoreRequest } from './connection/ignore-request.ts'
export { IdleTimeoutError, IdleUsageError, invalidOption, showValue, warn } from './errors.ts'
export { IdleShutdown, type Internals, internals } from './idle-shutdown.ts'
export { infinite, milliseconds, oneOf, rejectUnknownOptions } from './options.ts'
export { printable } from './printable.ts'
export { discover, SERVE } from './server/discovery.ts'
export { type Activation, activations, checkServer } from './server/server.ts'
