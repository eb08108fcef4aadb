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
  /** Prepares a server that does not listen yet. Returns the function that closes it. */
  wire(server: Server): () => Promise<unknown>
}

const closed = (close: (done: () => void) => unknown): Promise<void> => new Promise((resolve) => void close(resolve))
const bare = (server: Server) => () => closed((done) => server.close(done))

/** Node's own `close()`, which ends idle connections. */
const bareWiring: Wiring = { subject: BARE, kind: 'bare', wire: bare }

/** Bare Node a second time. Its difference to the first shows the precision of the figures. */
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
    // No signals: the process listeners of this peer could not be removed again.
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

/** Lower bound: one listener per request, no counting. */
export const listenersOnly: Wiring = {
  subject: 'one listener, no counting',
  kind: 'floor',
  wire: (server) => {
    const onClose = (): void => {}
    server.prependListener('request', (_request, response) => void response.on('close', onClose))
    return bare(server)
  },
}

/** Lower bound for a library that has to know when a connection closes: one listener, which keeps nothing. */
export const closeListenerOnly: Wiring = {
  subject: "one listener of 'close', nothing kept",
  kind: 'floor',
  wire: (server) => {
    const onClose = (): void => {}
    server.prependListener('connection', (socket) => void socket.on('close', onClose))
    return bare(server)
  },
}

/** Lower bound for an adapter: a middleware or hook that does nothing. Each app defines its own. */
export const emptyMiddleware: Wiring = { subject: 'a middleware or hook that is empty', kind: 'floor', wire: bare }

/** The number of connections that core ends in each turn. */
const SLICE = 256

/** Node's own `close()`, but with one slice of the connections in each turn. */
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

/** A server that is not closed. Shows the cost of its requests alone. */
export const notClosed: Wiring = {
  subject: 'bare Node, not closed',
  kind: 'floor',
  wire: () => () => new Promise(() => {}),
}

/** The peers that count requests. The others count only connections, or use Node's own counts. */
export const COUNT_REQUESTS: readonly string[] = ['stoppable', 'http-graceful-shutdown', 'http-shutdown']
