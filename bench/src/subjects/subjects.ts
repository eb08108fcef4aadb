import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import { idleShutdown } from '@idle-shutdown/core'
import httpGracefulShutdown from 'http-graceful-shutdown'
import httpShutdown from 'http-shutdown'
import { createHttpTerminator } from 'http-terminator'
import enableDestroy from 'server-destroy'
import stoppable from 'stoppable'
import { BARE, CONTROL } from '../measure/rounds.ts'
import type { Kind } from '../measure/row.ts'

/** One way to close a server gracefully, used as its README says. */
export interface Subject {
  readonly name: string
  readonly kind: Kind
  /** Prepares a server that does not listen yet. Returns the function that closes it. */
  prepare(server: Server): () => Promise<unknown>
}

const closed = (close: (done: () => void) => unknown): Promise<void> => new Promise((resolve) => void close(resolve))
const bare = (server: Server) => () => closed((done) => server.close(done))

/** Node's own `close()`, which ends idle connections. */
const bareSubject: Subject = { name: BARE, kind: 'bare', prepare: bare }

/** Bare Node a second time. Its difference to the first shows the precision of the figures. */
const control: Subject = { name: CONTROL, kind: 'control', prepare: bare }

const ours: Subject = {
  name: '@idle-shutdown/core',
  kind: 'ours',
  prepare: (server) => {
    const idle = idleShutdown(server, { patience: '15m' })
    return () => idle.close()
  },
}

const peers: readonly Subject[] = [
  {
    name: 'stoppable',
    kind: 'peer',
    prepare: (server) => {
      const { stop } = stoppable(server)
      return () => closed((done) => stop(done))
    },
  },
  {
    name: 'http-terminator',
    kind: 'peer',
    prepare: (server) => {
      const terminator = createHttpTerminator({ server })
      return () => terminator.terminate()
    },
  },
  {
    name: 'http-graceful-shutdown',
    kind: 'peer',
    // No signals: the process listeners of this peer could not be removed again.
    prepare: (server) => httpGracefulShutdown(server, { signals: '', forceExit: false }),
  },
  {
    name: 'http-shutdown',
    kind: 'peer',
    prepare: (server) => {
      const { shutdown } = httpShutdown(server)
      return () => closed((done) => shutdown(done))
    },
  },
  {
    name: 'server-destroy',
    kind: 'peer',
    prepare: (server) => {
      enableDestroy(server)
      return () => closed((done) => Reflect.apply(Reflect.get(server, 'destroy'), server, [done]))
    },
  },
]

export const subjects: readonly Subject[] = [bareSubject, control, ours, ...peers]

/** Lower bound: one listener per request, no counting. */
export const listenersOnly: Subject = {
  name: 'one listener, no counting',
  kind: 'floor',
  prepare: (server) => {
    const onClose = (): void => {}
    server.prependListener('request', (_request, response) => void response.on('close', onClose))
    return bare(server)
  },
}

/** Lower bound for a library that has to know when a connection closes: one listener, which keeps nothing. */
export const closeListenerOnly: Subject = {
  name: "one listener of 'close', nothing kept",
  kind: 'floor',
  prepare: (server) => {
    const onClose = (): void => {}
    server.prependListener('connection', (socket) => void socket.on('close', onClose))
    return bare(server)
  },
}

/** Lower bound for an adapter: a middleware or hook that does nothing. Each app defines its own. */
export const emptyMiddleware: Subject = { name: 'a middleware or hook that is empty', kind: 'floor', prepare: bare }

/** The number of connections that core ends in each turn. */
const SLICE = 256

/** Node's own `close()`, but with one slice of the connections in each turn. */
export const slicesOnly: Subject = {
  name: 'bare Node, 256 connections a turn',
  kind: 'floor',
  prepare: (server) => {
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
export const notClosed: Subject = {
  name: 'bare Node, not closed',
  kind: 'floor',
  prepare: () => () => new Promise(() => {}),
}

/** The peers that count requests. The others count only connections, or use Node's own counts. */
export const COUNT_REQUESTS: readonly string[] = ['stoppable', 'http-graceful-shutdown', 'http-shutdown']
