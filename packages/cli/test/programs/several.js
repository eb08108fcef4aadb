// Several servers, each in its own process: `node several.js PORT …`. Answers with its process id after the
// milliseconds in the query, `?50`. On SIGUSR1 one of them ends as a program that crashes. A port may have a patience:
// `3000=90ms`. `own` serves a port that is not held, and prints it; `idle` serves nothing.
import { spawn } from 'node:child_process'
import { createServer } from 'node:http'
import { fileURLToPath } from 'node:url'

const [first, ...rest] = process.argv.slice(2)
if (process.env.SEVERAL === undefined) {
  for (const one of [first, ...rest]) {
    const [kind, patience] = one.split('=')
    const env = {
      ...process.env,
      SEVERAL: kind,
      ...(patience && { IDLE_PATIENCE: patience }),
    }
    spawn(process.execPath, [fileURLToPath(import.meta.url), kind], { stdio: 'inherit', env })
  }
} else if (first === 'idle') {
  setInterval(() => {}, 60_000)
} else {
  const server = createServer((req, res) => {
    const [path, ms] = req.url.split('?')
    if (ms !== undefined) console.error(`got ${path}`)
    setTimeout(() => res.end(JSON.stringify({ pid: process.pid, path })), Number(ms ?? 0))
  })
  server.listen(first === 'own' ? 0 : Number(first), '127.0.0.1', () => {
    if (first === 'own') console.error(`own ${server.address().port} of ${process.pid}`)
  })
  process.on('SIGUSR1', () => process.exit(7))
}
