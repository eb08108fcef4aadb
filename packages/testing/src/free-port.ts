import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:net'

/**
 * Returns a free port for a process that needs its port number in advance. Until this process ends, no other call
 * returns the same port, in this process or another. The reservation is a bind of the UDP port of the same number,
 * since the TCP port has to stay free.
 *
 * The range lies below the ephemeral ports (from 32768 on Linux, from 49152 elsewhere). The system could assign one of
 * those, for port 0 or for a client, before the process listens.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 16_000 + Math.floor(Math.random() * 16_000)
    if ((await reserve(port)) && (await isFree(port))) return port
  }
}

async function reserve(port: number): Promise<boolean> {
  const socket = createSocket('udp4').bind({ port, exclusive: true }).unref()
  const reserved = await succeeds(once(socket, 'listening'))
  if (!reserved) socket.close()
  return reserved
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port)
  const free = await succeeds(once(server, 'listening'))
  await new Promise((resolve) => server.close(resolve))
  return free
}

function succeeds(event: Promise<unknown>): Promise<boolean> {
  return event.then(
    () => true,
    () => false,
  )
}
