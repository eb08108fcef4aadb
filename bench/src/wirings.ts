import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import { idleShutdown } from '@idle-shutdown/core'
import httpGracefulShutdown from 'http-graceful-shutdown'
import httpShutdown from 'http-shutdown'
import { createHttpTerminator } from 'http-terminator'
import enableDestroy from 'server-destroy'
import stoppable from 'stoppable'
import { BARE, CONTROL } from './rounds.ts'
import type { Kind } from './row.ts'

/** One way to close a server gracefully, wired as its README says. */
export interface Wiring {
  readonly subject: string
  readonly kind: Kind
  /** Prepares a server that does not listen yet. Returns what closes it. */
  wire(server: Server): () => Promise<unknown>
}

const closed = (close: (done: () => void) => unknown): Promise<void> => new Promise((resolve) => void close(resolve))
const bare = (server: Server) => () => closed((done) => server.close(done))

/** Node's own `close()`, which ends connections that are idle. */
const bareWiring: Wiring = { subject: BARE, kind: 'bare', wire: bare }

/** The same once more, which shows what the figures are worth. */
const controlWiring: Wiring = { subject: CONTROL, kind: 'control', wire: bare }

const ourWiring: Wiring = {
  subject: '@idle-shutdown/core',
  kind: 'ours',
  wire: (server) => {
    const idle = idleShutdown(server, { patience: '15m' })
    return () => idle.close()
  },
}

const peerWirings: readonly Wiring[] = [
  {
    subject: 'stoppable',
    kind: 'peer',
    wire: (server) => {
      const { stop } = stoppable(server)
      return () => closed((done) => stop(done))
    },
  },
  {
    subject: 'http-terminator',
    kind: 'peer',
    wire: (server) => {
      const terminator = createHttpTerminator({ server })
      return () => terminator.terminate()
    },
  },
  {
    subject: 'http-graceful-shutdown',
    kind: 'peer',
    // No signals: its listeners of the process could not be removed again.
    wire: (server) => httpGracefulShutdown(server, { signals: '', forceExit: false }),
  },
  {
    subject: 'http-shutdown',
    kind: 'peer',
    wire: (server) => {
      const { shutdown } = httpShutdown(server)
      return () => closed((done) => shutdown(done))
    },
  },
  {
    subject: 'server-destroy',
    kind: 'peer',
    wire: (server) => {
      enableDestroy(server)
      return () => closed((done) => Reflect.apply(Reflect.get(server, 'destroy'), server, [done]))
    },
  },
]

export const wirings: readonly Wiring[] = [bareWiring, controlWiring, ourWiring, ...peerWirings]

/** The least that anybody can do who wants to see requests begin and end, and counts nothing. */
export const listenersOnly: Wiring = {
  subject: 'one listener, no counting',
  kind: 'floor',
  wire: (server) => {
    const onClose = (): void => {}
    server.prependListener('request', (_request, response) => void response.on('close', onClose))
    return bare(server)
  },
}

/** The least that anybody can do who wants to know when a connection has closed, and keeps nothing of it. */
export const closeListenerOnly: Wiring = {
  subject: "one listener of 'close', nothing kept",
  kind: 'floor',
  wire: (server) => {
    const onClose = (): void => {}
    server.prependListener('connection', (socket) => void socket.on('close', onClose))
    return bare(server)
  },
}

/** The least that an adapter can cost: its framework calls what does nothing. What that is, each app says. */
export const emptyMiddleware: Wiring = { subject: 'a middleware or hook that is empty', kind: 'floor', wire: bare }

/** How many connections core ends in each turn. */
const SLICE = 256

/** Node's own `close()`, but a slice of the connections in each turn. */
export const slicesOnly: Wiring = {
  subject: 'bare Node, 256 connections a turn',
  kind: 'floor',
  wire: (server) => {
    const sockets: Socket[] = []
    server.prependListener('connection', (socket) => void sockets.push(socket))
    return () =>
      closed((done) => {
        Object.defineProperty(server, 'closeIdleConnections', { value: () => {} })
        server.close(done)
        const slice = (): void => {
          for (const socket of sockets.splice(-SLICE)) socket.destroy()
          if (sockets.length > 0) setImmediate(slice)
        }
        slice()
      })
  },
}

/** Nobody closes it: what its requests alone take. */
export const notClosed: Wiring = {
  subject: 'bare Node, not closed',
  kind: 'floor',
  wire: () => () => new Promise(() => {}),
}

/** The peers that count requests. The others know connections only, or what Node knows. */
export const COUNT_REQUESTS: readonly string[] = ['stoppable', 'http-graceful-shutdown', 'http-shutdown']
