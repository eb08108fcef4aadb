import { once } from 'node:events'
import type { Socket } from 'node:net'
import { openWebSocket } from '@idle-shutdown/conformance/program'
import type { WebSocket } from 'ws'
import type { Attempt } from '../account.ts'
import type { Contact } from '../contact.ts'
import { now } from '../now.ts'
import { pause } from './pause.ts'
import type { Client, Visit } from './visit.ts'

/**
 * Opens a WebSocket whose messages are all answered. The client leaves with a close frame, without one, or with a
 * protocol error.
 */
export const webSocket: Client = async (visit) => {
  const { random, account, secure } = visit
  const contact: Contact = { openedAt: now() }
  let below: Socket | undefined
  let opened: WebSocket
  try {
    opened = await openWebSocket(visit.address, secure, '/', (socket) => {
      below = socket
      contact.connectedAt = now()
      if (socket.localPort !== undefined) contact.port = socket.localPort
    })
  } catch (error) {
    account.begin('WebSocket', contact).unanswered(`not opened: ${error}`)
    below?.destroy()
    visit.nobody()
    return
  }
  const waiting = new Map<string, Attempt>()
  const closed = once(opened, 'close')
  opened.on('message', (data) => {
    const attempt = waiting.get(String(data))
    waiting.delete(String(data))
    attempt?.answered()
  })
  for (let rest = random.between(1, 6); rest > 0 && opened.readyState === opened.OPEN; rest--) {
    const attempt = account.begin('WebSocket message', contact)
    waiting.set(String(attempt.id), attempt)
    opened.send(String(attempt.id), () => {
      attempt.writtenAt = now()
    })
    if (random.chance(0.8)) await answered(opened)
    await pause(visit)
  }
  if (opened.readyState === opened.OPEN) {
    while (waiting.size > 0 && random.chance(0.8) && opened.readyState === opened.OPEN) await answered(opened)
    // The server may have closed the WebSocket first.
    if (opened.readyState === opened.OPEN) {
      for (const attempt of waiting.values()) attempt.givenUp()
      leave(opened, below, visit)
    }
  }
  await closed
  for (const attempt of waiting.values()) attempt.unanswered('the WebSocket closed')
}

async function answered(opened: WebSocket): Promise<void> {
  if (opened.readyState >= opened.CLOSING) return
  await new Promise<void>((resolve) => {
    const done = (): void => {
      opened.off('message', done)
      opened.off('close', done)
      resolve()
    }
    opened.on('message', done)
    opened.on('close', done)
  })
}

function leave(opened: WebSocket, below: Socket | undefined, { random, malformed }: Visit): void {
  switch (random.pick(['close', 'terminate', 'reset', 'malformed'])) {
    case 'close':
      opened.close(1000)
      break
    case 'terminate':
      opened.terminate()
      break
    case 'reset':
      if (below !== undefined && !('encrypted' in below)) below.resetAndDestroy()
      else opened.terminate()
      break
    case 'malformed':
      malformed()
      below?.write(random.bytes(random.between(2, 200)), 'latin1')
      setTimeout(() => opened.terminate(), random.between(0, 10))
  }
}
