// The clients of a benchmark, in their own process so that their cost does not count as the server's.
import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2'
import { connect as connectNet, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { Protocol } from '../subjects/apps.ts'
import type { ClientCommand } from './client-process.ts'

/** One connection that carries one request after the other. */
interface Line {
  ask(path: string): Promise<void>
  end(): void
}

/** The connections to each port. */
const linesTo = new Map<number, Line[]>()

process.on('message', async (command: ClientCommand) => {
  process.send?.(await execute(command))
})

async function execute(command: ClientCommand): Promise<number> {
  const { port } = command
  const lines = linesTo.get(port) ?? []
  switch (command.kind) {
    case 'open':
      linesTo.set(port, lines)
      await open(lines, command.protocol, port, command.connections)
      return lines.length
    case 'ask':
      await Promise.all(lines.map((line) => askOften(line, command.requests / lines.length)))
      return command.requests
    case 'hold': {
      const outcomes = await Promise.allSettled(lines.slice(0, command.requests).map((line) => line.ask('/held')))
      return outcomes.filter(({ status }) => status === 'fulfilled').length
    }
    case 'end':
      for (const line of lines) line.end()
      linesTo.delete(port)
      return 0
  }
}

/** Opens a few hundred connections at a time: a listener's backlog holds 511. */
async function open(lines: Line[], protocol: Protocol, port: number, count: number): Promise<void> {
  while (lines.length < count) {
    const some = Math.min(200, count - lines.length)
    const opened = Array.from({ length: some }, () =>
      protocol === 'h2c' ? http2Line(port) : http1Line(protocol, port),
    )
    lines.push(...(await Promise.all(opened)))
  }
}

async function askOften(line: Line, times: number): Promise<void> {
  for (let done = 0; done < times; done++) await line.ask('/')
}

/** Learns the length of a response from the first one. All responses are alike, and reading them must be cheap. */
async function http1Line(protocol: Protocol, port: number): Promise<Line> {
  const socket: Socket =
    protocol === 'https'
      ? connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false })
      : connectNet({ port, host: '127.0.0.1', noDelay: true })
  let expected = 0
  let received = Buffer.alloc(0)
  let count = 0
  let settle: { resolve(): void; reject(error: Error): void } | undefined
  await new Promise<void>((resolve, reject) => {
    socket.once(protocol === 'https' ? 'secureConnect' : 'connect', () => resolve()).once('error', reject)
  })
  socket.on('error', () => {})
  socket.on('close', () => settle?.reject(new Error('closed')))
  socket.on('data', (data: Buffer) => {
    count += data.length
    if (expected === 0) {
      received = Buffer.concat([received, data])
      expected = lengthOf(received.toString('latin1'))
    }
    if (count !== expected) return
    count = 0
    settle?.resolve()
  })
  return {
    ask: (path) =>
      new Promise((resolve, reject) => {
        settle = { resolve, reject }
        // Responses during a drain may have other headers.
        if (path !== '/') {
          expected = 0
          received = Buffer.alloc(0)
        }
        socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`)
      }),
    // Resets the connection unless it uses TLS. After a FIN, ten thousand connections would leave their ports in
    // TIME_WAIT.
    end: () => void (protocol === 'https' ? socket.destroy() : socket.resetAndDestroy()),
  }
}

/** Returns the length of the response that begins `text`, or 0 if that is not known yet. */
function lengthOf(text: string): number {
  const head = text.indexOf('\r\n\r\n')
  const body = /content-length: (\d+)/i.exec(text)?.[1]
  return head < 0 || body === undefined ? 0 : head + 4 + Number(body)
}

async function http2Line(port: number): Promise<Line> {
  const session: ClientHttp2Session = connectHttp2(`http://127.0.0.1:${port}`)
  session.on('error', () => {})
  await new Promise((resolve) => session.once('remoteSettings', resolve))
  return {
    ask: (path) =>
      new Promise((resolve, reject) => {
        session.request({ ':path': path }).on('error', reject).on('close', resolve).resume().end()
      }),
    end: () => session.destroy(),
  }
}
