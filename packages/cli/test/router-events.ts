import type { RouterEvents } from '../src/run/connections/router-events.ts'

/** Returns events of a router that ignores every call except those in `calls`. */
export function routerEvents(calls: Partial<RouterEvents> = {}): RouterEvents {
  const ignore = (): void => {}
  return {
    needed: ignore,
    full: ignore,
    claimed: ignore,
    released: ignore,
    restore: ignore,
    draining: ignore,
    drained: ignore,
    idleness: ignore,
    gone: ignore,
    ...calls,
  }
}
