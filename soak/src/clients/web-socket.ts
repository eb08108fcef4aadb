import { once } from 'node:events'
import type { Socket } from 'node:net'
import { openWebSocket } from '@idle-shutdown/testing'
import type { WebSocket } from 'ws'
import type { ClientConnection, SentRequest } from '../ledger/client-ledger.ts'
import { now } from '../ledger/report.ts'
import { type Client, pause, type Visit } from './visit.ts'

/**
 * Opens a WebSocket whose messages are all answered. The client leaves with a close frame, without one, or with a
 * protocol error.
 */
export const webSocket: Client = async (visit) => {
  const { random, ledger, secure } = visit
  const connection: ClientConnection = { openedAt: now() }
  let below: Socket | undefined
  let opened: WebSocket
  try {
    opened = await openWebSocket(visit.address, secure, '/', (socket) => {
      below = socket
      connection.connectedAt = now()
      if (socket.localPort !== undefined) connection.port = socket.localPort
    })
  } catch (error) {
    ledger.begin('WebSocket', connection).unanswered(`not opened: ${error}`)
    below?.destroy()
    visit.notListening()
    return
  }
  const waiting = new Map<string, SentRequest>()
  const closed = once(opened, 'close')
  opened.on('message', (data) => {
    const request = waiting.get(String(data))
    waiting.delete(String(data))
    request?.answered()
  })
  for (let rest = random.between(1, 6); rest > 0 && opened.readyState === opened.OPEN; rest--) {
    const request = ledger.begin('WebSocket message', connection)
    waiting.set(String(request.id), request)
    opened.send(String(request.id), () => {
      request.writtenAt = now()
    })
    if (random.chance(0.8)) await answered(opened)
    await pause(visit)
  }
  if (opened.readyState === opened.OPEN) {
    while (waiting.size > 0 && random.chance(0.8) && opened.readyState === opened.OPEN) await answered(opened)
    // The server may have closed the WebSocket first.
    if (opened.readyState === opened.OPEN) {
      for (const request of waiting.values()) request.abandon()
      leave(opened, below, visit)
    }
  }
  await closed
  for (const request of waiting.values()) request.unanswered('the WebSocket closed')
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
