/** Set on `globalThis` by a supervisor: its own servers are not to be watched where NODE_OPTIONS preloads this. */
export const SUPERVISES: unique symbol = Symbol.for('idle-shutdown.supervises')
