import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:net'

/**
 * A port on which nobody listens, for a process that has to be told one, and for nobody else: until this process ends, no other call
 * gives it, be it here or in another process. UDP's port of the same number is taken for that: TCP's own has to stay free.
 *
 * It is below those that systems give for port 0 and to clients (Linux from 32768, others from 49152): one of those would be given
 * away before it is used.
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
