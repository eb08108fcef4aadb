import { type AnyHttpServer, watchedServers } from './server.ts'

/** The HTTP servers that have listened and have no handler of an app with idle shutdown as a listener. */
const met = new Set<WeakRef<AnyHttpServer>>()

/** Remembers a server for as long as it listens. Does not retain the server. */
export function remember(server: AnyHttpServer): void {
  if (!remembered().includes(server)) met.add(new WeakRef(server))
}

/** Returns the remembered servers that listen. */
export function remembered(): AnyHttpServer[] {
  const listening: AnyHttpServer[] = []
  for (const reference of met) {
    const server = reference.deref()
    if (server?.listening === true) listening.push(server)
    else met.delete(reference)
  }
  return listening
}

/** Returns the remembered servers that no copy of this package watches. */
export function strangers(): AnyHttpServer[] {
  return remembered().filter((server) => !watchedServers.has(server))
}
