import { type AnyHttpServer, watchedServers } from './server.ts'

/** HTTP servers that have listened, and of which no listener is the handler of an app with idle shutdown. */
const met = new Set<WeakRef<AnyHttpServer>>()

/** Remembers a server for as long as it listens, and does not keep it. */
export function remember(server: AnyHttpServer): void {
  if (!remembered().includes(server)) met.add(new WeakRef(server))
}

/** The remembered servers that listen. */
export function remembered(): AnyHttpServer[] {
  const listening: AnyHttpServer[] = []
  for (const reference of met) {
    const server = reference.deref()
    if (server?.listening === true) listening.push(server)
    else met.delete(reference)
  }
  return listening
}

/** Those that no copy of this package watches. */
export function strangers(): AnyHttpServer[] {
  return remembered().filter((server) => !watchedServers.has(server))
}
