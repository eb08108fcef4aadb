import { execFile } from 'node:child_process'
import { Socket } from 'node:net'

// Stand-in until @idle-shutdown/activation is there.
export async function listen(/** @type {import('node:http').Server} */ server) {
  const count = Number(process.env['LISTEN_FDS'] ?? 0)
  const names = process.env['LISTEN_FDNAMES'] ?? ''
  if (names === 'connection' || process.argv[2] === 'nowait') {
    const socket = new Socket({ fd: names === 'connection' ? 3 : 0 })
    server.emit('connection', socket)
    return
  }
  server.listen({ fd: count > 0 ? 3 : 0 })
  for (let i = 1; i < count; i++) {
    const net = await import('node:net')
    const s2 = net.createServer((s) => server.emit('connection', s)).listen({ fd: 3 + i })
    server.once('close', () => s2.close())
  }
  if (process.env['NOTIFY_SOCKET']) execFile('systemd-notify', ['--ready'])
}
