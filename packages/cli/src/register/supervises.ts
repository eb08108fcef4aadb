/** Set on `globalThis` by a supervisor, whose own servers must not be watched if NODE_OPTIONS preloads this module. */
export const SUPERVISES: unique symbol = Symbol.for('idle-shutdown.supervises')
