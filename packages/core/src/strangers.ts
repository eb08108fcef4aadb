import { type AnyHttpServer, watchedServers } from './server.ts'

/** HTTP servers that have listened, and of which no listener is the handler of an app with idle shutdown. */
const met = new Set<WeakRef<AnyHttpServer>>()

/** Remembers a server for as long as it listens, and does not keep it. */
export function remember(server: AnyHttpServer): void {
  if (!strangers().includes(server)) met.add(new WeakRef(server))
}

/** The remembered servers that listen, and that no copy of this package watches. */
export function strangers(): AnyHttpServer[] {
  const listening: AnyHttpServer[] = []
  for (const reference of met) {
    const server = reference.deref()
    if (server?.listening === true && !watchedServers.has(server)) listening.push(server)
    else met.delete(reference)
  }
  return listening
}
