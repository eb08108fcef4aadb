import { RawClient } from '@idle-shutdown/testing'
import { malformedHttp1 } from './malformed-http1.ts'
import { beginning, malformedHttp2 } from './malformed-http2.ts'
import type { Random } from './random.ts'
import type { Client, Visit } from './visit.ts'

/** The largest number of inputs on one connection. Most inputs end the connection earlier. */
const MOST_INPUTS = 12

/** The time (ms) to wait for a reaction. A connection that stays open gets the next input. */
const REACTION = 2

export const malformedRequests: Client = (visit) => feed(visit, '', malformedHttp1)

export const malformedFrames: Client = (visit) => feed(visit, beginning(visit.random), malformedHttp2)

/** Sends inputs one after the other. An input after the end of the connection is not read, and so not counted. */
async function feed(visit: Visit, first: string, make: (random: Random) => string): Promise<void> {
  const { random, address, protocol } = visit
  // Half of the inputs to a TLS server are already invalid as TLS.
  const secure = visit.secure && random.chance(0.5)
  const client = await RawClient.connect(address, { secure, protocol }).catch(() => {})
  if (client === undefined) {
    visit.notListening()
    return
  }
  const { socket } = client
  if (first !== '') socket.write(first, 'latin1')
  for (let rest = MOST_INPUTS; rest > 0 && socket.writable && !socket.readableEnded; rest--) {
    const sent = await client.send(make(random)).then(
      () => true,
      () => false,
    )
    if (!sent) break
    visit.malformed()
    await reaction(client)
  }
  if (random.chance(0.3)) client.reset()
  client.destroy()
}

async function reaction({ socket, ended }: RawClient): Promise<void> {
  await new Promise<void>((resolve) => {
    const done = (): void => {
      clearTimeout(timer)
      socket.off('data', done)
      resolve()
    }
    const timer = setTimeout(done, REACTION)
    socket.on('data', done)
    void ended.then(done)
  })
}
