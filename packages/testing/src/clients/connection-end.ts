import type { Socket } from 'node:net'

/** The way in which a connection ended, as its client saw it. `local`: the client itself ended it. */
export interface ConnectionEnd {
  readonly how: 'FIN' | 'RST' | 'error' | 'local'
  readonly code?: string
}

/**
 * Resolves with the end of a client's socket once it closes. The caller must read the socket, or its FIN stays unseen.
 */
export function connectionEnd(socket: Socket): Promise<ConnectionEnd> {
  return new Promise((resolve) => {
    let end: ConnectionEnd = { how: 'local' }
    socket.once('end', () => {
      end = { how: 'FIN' }
    })
    socket.on('error', (error: NodeJS.ErrnoException) => {
      const code = error.code ?? error.message
      end = { how: code === 'ECONNRESET' || code === 'EPIPE' ? 'RST' : 'error', code }
    })
    socket.once('close', () => resolve(end))
  })
}
