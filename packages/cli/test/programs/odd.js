// Unusual programs under a supervisor: `node odd.js KIND`.
import { writeSync } from 'node:fs'
import { createServer } from 'node:http'
import { createServer as http2 } from 'node:http2'
import { createServer as https } from 'node:https'
import module from 'node:module'
import { connect, createServer as plain } from 'node:net'
import { isMainThread, Worker } from 'node:worker_threads'
import { idleShutdown } from '@idle-shutdown/core'
import { CERTIFICATE, KEY } from '@idle-shutdown/testing'

const port = Number(process.env.PORT)
const serve = () => createServer((_, res) => res.end(process.argv[2])).listen(port, '127.0.0.1')
const said = (error) => console.error(`${error.code}: ${error.message}`)

const kinds = {
  // Listens and closes, and connects, to see whether its port is free.
  tries() {
    const trial = plain().listen(port, '127.0.0.1', () => {
      trial.close(() => {
        connect(port, '127.0.0.1')
          .on('connect', () => process.exit(9))
          .on('error', ({ code }) => (code === 'ECONNREFUSED' ? serve() : process.exit(8)))
      })
    })
  },
  // Also has its own port, and an interval that keeps it alive.
  busy() {
    createServer().listen(0)
    setInterval(() => {}, 60_000)
    serve()
  },
  // Does not end on SIGTERM.
  stubborn() {
    process.on('SIGTERM', () => console.error('no'))
    serve()
  },
  // Is idle, has closed everything, and does not end.
  lingers() {
    process.exit = () => {}
    setInterval(() => {}, 60_000)
    serve()
  },
  // Ends with 0 although a client may wait.
  leaves() {
    serve().on('connection', () => {
      setImmediate(() => process.exit(0))
    })
  },
  // Writes to a descriptor that does not belong to it.
  garbage: () => serve().on('request', () => writeSync(3, 'garbage\n')),
  https: () => https({ cert: CERTIFICATE, key: KEY }, (_, res) => res.end('https')).listen(port),
  h2c: () => http2((_, res) => res.end('h2c')).listen(port),
  upgrade: () => serve().on('upgrade', (_, socket) => socket.end('HTTP/1.1 101 Switching Protocols\r\n\r\nupgraded')),
  // Ends by itself, with the library and its own patience.
  own: () => idleShutdown(serve(), { patience: 2000 }).closed.then(() => process.exit()),
  cache: () => createServer((_, res) => res.end(module.getCompileCacheDir())).listen(port),
  fails: () => process.exit(3),
  ends: () => {},
  hangs: () => setInterval(() => {}, 60_000),
  half() {
    // An http server lets a client end its side. A plain net server decides that by its options.
    plain({ allowHalfOpen: true }, (socket) => {
      let got = ''
      socket.on('data', (text) => (got += text))
      socket.on('end', () => socket.end(`all of ${got}`))
    }).listen(port, '127.0.0.1')
  },
  worker() {
    if (isMainThread) new Worker(new URL(import.meta.url), { argv: ['worker'] }).on('error', said)
    else serve()
  },
  // Listens on a port other than PORT.
  elsewhere: () => createServer((_, res) => res.end('elsewhere')).listen(4321),
}

try {
  kinds[process.argv[2]]()
} catch (error) {
  said(error)
}
