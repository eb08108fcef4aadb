import type { Duplex } from 'node:stream'
import type { AnyServer } from '@idle-shutdown/core'
import { type WebSocket, WebSocketServer } from 'ws'

/** Answers every numeric message with the same number, and reports it. Ends the WebSockets on request. */
export class WebSockets {
  readonly #server = new WebSocketServer({ noServer: true })
  readonly #begun: (id: number) => void
  readonly #endings = new Map<WebSocket, () => void>()
  #ended = false

  constructor(begun: (id: number) => void) {
    this.#begun = begun
    this.#server.on('wsClientError', (_error, socket: Duplex) => socket.destroy())
  }

  /** Serves the upgrades of a server. Calls `cut` when the WebSocket from a port is about to be ended. */
  serve(server: AnyServer, cut: (port: number | undefined) => void): void {
    server.on('upgrade', (request, socket: Duplex, head: Buffer) => {
      const port = request.socket.remotePort
      socket.on('error', () => {})
      this.#server.handleUpgrade(request, socket, head, (webSocket) => this.#answer(webSocket, () => cut(port)))
    })
  }

  end(): void {
    this.#ended = true
    for (const end of this.#endings.values()) end()
  }

  #answer(webSocket: WebSocket, cut: () => void): void {
    const end = (): void => {
      cut()
      webSocket.close(1001)
    }
    this.#endings.set(webSocket, end)
    webSocket.on('close', () => this.#endings.delete(webSocket))
    // ws itself answers a protocol error with a close frame.
    webSocket.on('error', () => {})
    webSocket.on('message', (data) => {
      if (webSocket.readyState !== webSocket.OPEN) return
      const id = Number(String(data))
      this.#begun(id)
      webSocket.send(String(id))
    })
    // The WebSocket was opened during the drain.
    if (this.#ended) end()
  }
}
