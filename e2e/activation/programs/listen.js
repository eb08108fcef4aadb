import { listen } from '@idle-shutdown/activation'

/** Serves what was inherited; by hand, a port that is free. */
export async function serveInherited(/** @type {import('node:http').Server} */ server) {
  await listen(server, { port: 0, host: '127.0.0.1' })
}
