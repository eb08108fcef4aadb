// Opens as many kept connections as the machine allows, up to COUNT, to a server in its own process. The server then
// closes.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { idleShutdown } from '@idle-shutdown/core'

/** The number of connections that are opened concurrently. Fewer than fit into a server's backlog. */
const AT_ONCE = 100

if (process.connected) {
  const server = createServer((_request, response) => response.end('Hello\n')).listen(0, '127.0.0.1')
  server.keepAliveTimeout = 600_000
  const idle = idleShutdown(server, { patience: '15m', grace: '1m' })
  await once(server, 'listening')
  process.send?.(server.address())
  await once(process, 'message')
  const { drained, destroyed } = await idle.close()
  process.send?.({ drained, destroyed })
  process.disconnect()
} else {
  const count = Number(process.env['COUNT'])
  const server = fork(new URL(import.meta.url))
  const [{ port }] = await once(server, 'message')
  /** @type {Record<string, number>} */
  const ends = {}
  /** @type {Promise<unknown>[]} */
  const closed = []
  for (let left = count; left > 0; left -= AT_ONCE) {
    await Promise.all(Array.from({ length: Math.min(left, AT_ONCE) }, open))
  }
  server.send('close')
  const [report] = await once(server, 'message')
  await Promise.all(closed)
  console.log(JSON.stringify({ ends, report }))

  async function open() {
    const socket = connect(port, '127.0.0.1')
    let how = 'FIN'
    socket.on('error', (/** @type {NodeJS.ErrnoException} */ error) => {
      how = error.code ?? error.message
    })
    closed.push(
      once(socket, 'close').then(() => {
        ends[how] = (ends[how] ?? 0) + 1
      }),
    )
    socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
    await once(socket, 'data')
  }
}
