// Programs with several servers, and with habits of their own: `node endpoints.js KIND`, with PORT and OTHER in the
// environment.
import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, rmSync, statSync, unlinkSync } from 'node:fs'
import { unlink } from 'node:fs/promises'
import { createServer } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'

const port = process.env.PORT
const other = Number(process.env.OTHER)
const named = (body) => createServer((_, res) => res.setHeader('connection', 'close').end(body))
const site = () => named('site').listen(port)
const say = (...words) => console.error('said', ...words)
const failed = (error) => say(error.code)

const kinds = {
  // Metrics, an admin page or an inspector listens first, and the program itself a moment later.
  first: (host) => named('other').listen(other, host || undefined, () => setTimeout(site, 200)),
  // Listens so late that the other server already has the held address.
  late: (host) => named('other').listen(other, host, () => setTimeout(site, 2500)),
  // Its port is hard-coded.
  elsewhere: (host) =>
    named('other')
      .on('error', failed)
      .listen(other, host, function () {
        say('listens', this.address().port)
      }),
  two: () => site().on('listening', () => named('second').on('error', failed).listen(port)),
  busy: () => site().on('listening', () => named('second').on('error', failed).listen(other)),
  again: () => {
    const server = named('site')
    server.listen(port, () =>
      server.close(() => server.listen(port, () => say('again', JSON.stringify(server.address())))),
    )
  },
  // Each removes the socket that an earlier run left.
  unlinkSync() {
    if (existsSync(port)) unlinkSync(port)
    site()
  },
  unlink: () => unlink(port).then(site),
  rmSync() {
    rmSync(port, { force: true })
    site()
  },
  byShell() {
    execFileSync('rm', ['-f', port])
    site().on('listening', () => say('path', existsSync(port)))
  },
  mode: () =>
    named('site').listen({ path: port, readableAll: true, writableAll: true }, () => {
      say('mode', (statSync(port).mode & 0o777).toString(8))
      chmodSync(port, 0o600)
      say('mode', (statSync(port).mode & 0o777).toString(8))
    }),
  closes: async () => {
    const server = site()
    await delay(300)
    server.close(() => say('closed', existsSync(port)))
  },
  // Behaves like a program that may have a parent.
  parent: () =>
    site().on('listening', () => {
      if (process.connected) process.send('ready')
      process.send?.('ready')
      process.disconnect?.()
      process.on('message', (message) => say('message', JSON.stringify(message)))
      process.on('disconnect', () => say('disconnect'))
      say('sees', process.send, process.connected, process.channel, process.disconnect)
    }),
}

kinds[process.argv[2]](process.argv[3])
