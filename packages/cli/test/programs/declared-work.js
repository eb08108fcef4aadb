// Answers 202 at once to each request, and works for the milliseconds in the query. The path names the kind of work, as in
// `/child?1000`. Prints what it has done, also before its end.
import { fork } from 'node:child_process'
import { createServer } from 'node:http'
import { Worker } from 'node:worker_threads'
import { beforeEnd, explain, hold, touch, waitUntil } from 'idle-shutdown'

const WORK = 'setTimeout(() => console.log("worked"), Number(process.argv.at(-1)))'
const kinds = {
  '/child': (ms) => waitUntil(fork('', [ms], { execArgv: ['-e', WORK] }), 'render'),
  '/worker': (ms) => waitUntil(new Worker(WORK, { eval: true, argv: [ms] })),
  '/promise': (ms) => waitUntil(later(ms), 'report', { maxAge: '1m' }),
  '/hold': (ms) => {
    const held = hold('upload')
    void later(ms).then(() => held.release())
  },
}

async function later(ms) {
  await new Promise((resolve) => setTimeout(resolve, Number(ms)))
  console.log('worked')
}

beforeEnd(async () => {
  await new Promise((resolve) => setTimeout(resolve, 50))
  console.log('flushed')
})
const server = createServer((req, res) => {
  const [path, ms] = req.url.split('?')
  kinds[path](ms)
  touch()
  res.writeHead(202).end(JSON.stringify(explain()?.reasons.map(({ label }) => label) ?? 'not watched'))
})
server.listen(Number(process.env.PORT ?? 0), '127.0.0.1', () => console.log(`http ${server.address().port}`))
