import { listen } from '@idle-shutdown/activation'

/** Serves the inherited sockets. Without any, listens on a free port. */
export async function serveInherited(/** @type {import('node:http').Server} */ server) {
  await listen(server, { port: 0, host: '127.0.0.1' })
}
