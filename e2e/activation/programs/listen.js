import { execFile } from 'node:child_process'
import { listen } from '@idle-shutdown/activation'

/** Serves what was inherited, and says that it is ready. */
export async function serveInherited(/** @type {import('node:http').Server} */ server) {
  await listen(server, { port: 0, host: '127.0.0.1' })
  if (process.env['NOTIFY_SOCKET'] !== undefined) execFile('systemd-notify', ['--ready'])
}
