// Values that users import from index are here, too: an adapter then loads one module less.
export { type Activation, activations } from './activation.ts'
export { AppShutdown, type IdleMembers, withMembers } from './app-shutdown.ts'
export { ignoreRequest } from './connection/ignore-request.ts'
export { discover, SERVE } from './discovery.ts'
export { IdleTimeoutError, IdleUsageError, showValue, warn } from './errors.ts'
export { endUpgrades, IdleShutdown, listenersDown } from './idle-shutdown.ts'
export { milliseconds, refuseUnknown } from './options.ts'
export { checkServer } from './server.ts'
