import { once } from 'node:events'
import { mkdtempSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { makeTempFolder, type Program } from '@idle-shutdown/testing'
import { afterAll, expect, test } from 'vitest'
import { jsonLines } from '../src/protocol/lines.ts'
import { type ToProcess, type ToSupervisor, tagged } from '../src/protocol/messages.ts'
import { ACCEPTED, prefaceOf } from '../src/protocol/preface.ts'
import { fromProcess } from '../src/protocol/received.ts'
import { SUPERVISOR_VARIABLE, type SupervisorInfo } from '../src/protocol/supervisor-info.ts'
import { preloadedFile } from './preloaded.ts'

/** A simulated supervisor, which sends only the messages of the test. */
class Channel {
  readonly #socket: Socket
  readonly #heard: ToSupervisor[] = []

  constructor(socket: Socket) {
    this.#socket = socket
    const read = jsonLines({
      line: (value) => {
        const message = fromProcess(value)
        if (message !== undefined) this.#heard.push(message)
      },
      broken: () => expect.unreachable(),
    })
    socket.setEncoding('utf8').on('data', (text) => read(String(text)))
  }

  /** Takes the next message of a type. */
  async heard<T extends ToSupervisor['type']>(type: T): Promise<Extract<ToSupervisor, { type: T }>> {
    for (;;) {
      const found = this.#heard.find((one): one is Extract<ToSupervisor, { type: T }> => one.type === type)
      if (found !== undefined) {
        this.#heard.splice(this.#heard.indexOf(found), 1)
        return found
      }
      await once(this.#socket, 'data')
    }
  }

  send(message: ToProcess): void {
    this.#socket.write(`${JSON.stringify(tagged(message))}\n`)
  }

  end(): void {
    this.#socket.destroy()
  }
}

const temp = makeTempFolder(afterAll)
const GET = 'GET /here HTTP/1.1\r\nHost: x\r\n\r\n'

/**
 * Starts a program that is about to end, and asks whether the connection that is piped to it may be left to its
 * supervisor.
 */
async function parking(): Promise<{ program: Program; channel: Channel; client: Socket; sent: number }> {
  const directory = mkdtempSync(join(temp, 'run-'))
  const control = createServer().listen(join(directory, 'control'))
  const held: SupervisorInfo = {
    supervisor: process.pid,
    directory,
    control: join(directory, 'control'),
    addresses: [{ port: 3000, address: '127.0.0.1', family: 'IPv4' }],
  }
  const program = preloadedFile('answer.js', {
    [SUPERVISOR_VARIABLE]: JSON.stringify(held),
    PORT: '3000',
    IDLE_PATIENCE: '100ms',
    IDLE_STARTUP_PATIENCE: '1h',
    IDLE_GRACE: '1h',
  })
  const [socket] = await once(control, 'connection')
  control.close()
  const channel = new Channel(socket)
  const { path = '' } = await channel.heard('claim')
  const client = connect(path).setEncoding('utf8')
  client.write(prefaceOf(1, client))
  expect(await once(client, 'data')).toEqual([ACCEPTED])
  client.write(GET)
  expect(String(await once(client, 'data'))).toContain('200 OK')
  await channel.heard('exit-request')
  channel.send({ type: 'exit-granted' })
  expect(await channel.heard('park')).toEqual({ type: 'park', id: 1 })
  return { program, channel, client, sent: client.bytesWritten }
}

/** Lets the program ask again once the connection is idle, and leave it. */
async function leave(channel: Channel, client: Socket, bytes: number): Promise<void> {
  await channel.heard('park')
  channel.send({ type: 'parked', id: 1, bytes })
  await channel.heard('return-pipe')
  client.destroy()
}

test('a request that is on its way when the program begins to end is answered by that program', async () => {
  const { program, channel, client, sent } = await parking()
  // Each answer takes some turns, in which a drain closes idle connections.
  for (let asked = 0; asked < 5; asked++) {
    channel.send({ type: 'idleness-request' })
    await channel.heard('idleness')
  }
  channel.send({ type: 'parked', id: 1, bytes: sent + GET.length })
  const answer = once(client, 'data')
  client.write(GET)
  expect(String(await answer)).not.toContain('Connection: close')
  await channel.heard('return-pipe')
  client.destroy()
  expect(await program.ended).toMatchObject({ code: 0 })
})

test('a request of which half is on its way is answered as one', async () => {
  const { program, channel, client, sent } = await parking()
  const [half, rest] = [GET.slice(0, 20), GET.slice(20)]
  channel.send({ type: 'parked', id: 1, bytes: sent + half.length })
  client.write(half)
  expect(await channel.heard('unpark')).toEqual({ type: 'unpark', id: 1 })
  client.write(rest)
  expect(String(await once(client, 'data'))).toContain('"path":"/here"')
  await leave(channel, client, sent + GET.length)
  expect(await program.ended).toMatchObject({ code: 0 })
})

test.each([
  ['nothing', ''],
  ['line ends between two requests', '\r\n\r\n'],
])(
  'with %s on its way, the connection is returned, and stays open until the supervisor closes it',
  async (_, bytes) => {
    const { program, channel, client, sent } = await parking()
    channel.send({ type: 'parked', id: 1, bytes: sent + bytes.length })
    if (bytes !== '') client.write(bytes)
    const written = client.bytesRead
    expect(await channel.heard('return-pipe')).toEqual({
      type: 'return-pipe',
      id: 1,
      bytes: written,
      keepAlive: 60_000,
    })
    expect(client.readableEnded).toBe(false)
    client.destroy()
    expect(await program.ended).toMatchObject({ code: 0 })
  },
)

test('the program ends when a client leaves while its connection is parked', async () => {
  const { program, channel, client } = await parking()
  client.end()
  expect(await channel.heard('unpark')).toEqual({ type: 'unpark', id: 1 })
  expect(await program.ended).toMatchObject({ code: 0 })
})

test('the program ends when the supervisor is lost before it has taken a returned connection', async () => {
  const { program, channel, client } = await parking()
  channel.end()
  expect(await program.ended).toMatchObject({ code: 0 })
  client.destroy()
})
