// Programs with shutdown code of their own: `node shutdown.js KIND`. Each serves one port, prints `http PORT`, and is kept
// alive by an interval as a pool of connections would keep it.
import { once } from 'node:events'
import { createServer } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'

const pool = setInterval(() => {}, 60_000)
const server = createServer((req, res) => {
  res.on('close', () => console.log(`answered ${req.url}`))
  if (req.url === '/stream') res.write('event\n')
  else res.end(String(process.pid))
})
server.on('close', () => console.log('closed'))
process.on('exit', (code) => console.log(`exit ${code}`))
const on = (line, listener = () => {}) =>
  process.on('SIGTERM', () => {
    console.log(line)
    return listener()
  })
const raise = () => process.kill(process.pid, 'SIGTERM')

const kinds = {
  // The handler of most manuals.
  closes() {
    process.on('SIGTERM', (...args) => {
      console.log('listener', ...args)
      server.close((error) => {
        server.closeIdleConnections()
        server.closeAllConnections()
        console.log('called back', error)
        process.exit(error ? 1 : 0)
      })
    })
  },
  // Declares what is to be done before the end, and has a listener that ends the process.
  async flushes() {
    const { beforeEnd } = await import('idle-shutdown')
    beforeEnd(async () => {
      console.log('flushes')
      await delay(300)
      console.log('flushed')
    })
    beforeEnd(() => console.log('flushed the second'))
    on('listener', () => process.exit())
  },
  // Ends by itself, as nothing else is alive.
  stops: () => on('listener', () => clearInterval(pool)),
  async 'waits for the event'() {
    process.on('SIGTERM', async () => {
      server.close()
      await once(server, 'close')
      console.log('closed again')
      process.exit()
    })
  },
  several() {
    process.once('SIGTERM', () => console.log('once'))
    on('on')
    const twice = () => console.log('twice')
    process.on('SIGTERM', twice).on('SIGTERM', twice)
    process.on('SIGINT', () => console.log('SIGINT'))
    process.on('SIGTERM', async () => {
      clearInterval(pool)
      // Nothing keeps the process alive meanwhile.
      await delay(700, undefined, { ref: false })
      console.log('awaited')
    })
  },
  // Both have the same function, as in most programs, and it takes a while.
  slowly() {
    let calls = 0
    const end = async (signal) => {
      console.log(`${signal} ${++calls}`)
      await delay(2000)
      console.log('done')
      process.exit()
    }
    process.on('SIGTERM', end).on('SIGINT', end)
  },
  // Longer than a supervisor waits for a program that has closed everything.
  'for long'() {
    process.on('SIGTERM', async () => {
      await delay(6500)
      console.log('done')
      process.exit()
    })
  },
  'slowly, once'() {
    process.once('SIGTERM', async (signal) => {
      console.log(`${signal} 1`)
      await delay(2000)
      console.log('done')
      process.exit()
    })
  },
  // close-with-grace adds such listeners, and ends the process with 1 at the next signal.
  'counts signals'() {
    process.once('SIGTERM', async () => {
      const second = () => process.exit(1)
      process.on('SIGTERM', second).once('SIGINT', second)
      console.log('SIGTERM 1')
      await delay(2000)
      console.log('done')
      process.exit()
    })
  },
  'SIGINT only': () => process.on('SIGINT', () => console.log('SIGINT')),
  fails() {
    on('throws', () => {
      throw new Error('thrown at the end')
    })
    on('rejects', async () => {
      throw new Error('rejected at the end')
    })
    on('ends', () => setTimeout(() => process.exit(), 200))
  },
  // As NestJS does after its hooks.
  raises() {
    const end = async () => {
      console.log('hooks')
      await delay(100)
      process.off('SIGTERM', end)
      raise()
    }
    process.on('SIGTERM', end)
  },
  'raises, once'() {
    process.once('SIGTERM', () => {
      console.log('hooks')
      process.kill(process.pid, 15)
    })
  },
  // The other listener has more to do.
  'raises beside another'() {
    process.once('SIGTERM', () => raise())
    process.on('SIGTERM', async () => {
      await delay(700)
      console.log('flushed')
      process.exit()
    })
  },
  'raises beside a promise'() {
    process.once('SIGTERM', () => raise())
    process.once('SIGTERM', async () => {
      await delay(700)
      console.log('flushed')
    })
  },
  'code 143': () => on('listener', () => process.exit(143)),
  'code 3': () => on('listener', () => process.exit(3)),
  // Flushes, and leaves the exit to others.
  stays: () => on('listener'),
  // signal-exit 4, in short.
  'signal-exit'() {
    const emitter = { count: 1 }
    globalThis[Symbol.for('signal-exit emitter')] = emitter
    on('signal-exit', () => process.listeners('SIGTERM').length === emitter.count && raise())
  },
}

await kinds[process.argv[2]]()
server.listen(process.env.PORT ?? 0, '127.0.0.1', () => console.log(`http ${server.address().port}`))
