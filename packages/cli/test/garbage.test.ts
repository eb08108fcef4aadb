import { readdirSync, statSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { tagged } from '../src/protocol/messages.ts'
import type { SupervisorInfo } from '../src/protocol/supervisor-info.ts'
import { program, SupervisorProcess } from './supervisor.ts'

// Each test starts several processes, each of which takes seconds on a busy machine.
vi.setConfig({ testTimeout: 60_000 })

const SHORT = { idle: { IDLE_PATIENCE: '1h' } }

/** Sends a text, and resolves when the other side has closed the connection. */
async function closedAfter(path: string, text: string): Promise<void> {
  const socket = connect(path)
  // The rest of a long text can no longer be sent.
  socket.on('error', () => {})
  const closed = new Promise((resolve) => socket.once('close', resolve))
  socket.resume()
  socket.write(text)
  await closed
}

async function pidOf(supervised: SupervisorProcess): Promise<number> {
  return JSON.parse(await (await fetch(supervised.url())).text()).pid
}

describe.skipIf(process.platform === 'win32').concurrent('garbage', () => {
  test('garbage on the private sockets disconnects its sender, and has no other effect', async () => {
    const [node, file] = program('answer.js')
    const script = `echo "held $IDLE_SHUTDOWN_HELD" >&2; '${node}' '${file}'; true`
    const supervised = await SupervisorProcess.start(['sh', '-c', script], SHORT)
    const pid = await pidOf(supervised)
    const held: SupervisorInfo = JSON.parse((await supervised.printed(/^held (.*)$/m, 'stderr'))[1] ?? '')
    expect(statSync(held.directory).mode & 0o077).toBe(0)
    const line = (message: object): string => `${JSON.stringify(tagged(message))}\n`
    for (const text of [
      'garbage\n',
      '\n',
      'null\n',
      '{"a":1}\n',
      line({ type: 'unknown' }),
      line({ type: 'claim', listen: 0, pid: -1 }),
      line({ type: 'accepted', id: -1 }),
      'x'.repeat(2 ** 21),
    ]) {
      await closedAfter(held.control, text)
    }
    // Valid messages about addresses and connections that do not exist are ignored.
    const stranger = connect(held.control)
    for (const message of [
      { type: 'claim', rank: 0, listen: 1, pid: 1 },
      { type: 'release', listen: 0 },
      { type: 'accepted', id: 123 },
      { type: 'rejected', id: 123 },
      { type: 'park', id: 123 },
      { type: 'exit-confirmed', round: 123 },
      { type: 'return-socket', listen: 5, key: 1, keepAlive: 0 },
    ]) {
      stranger.write(line(message))
    }
    const piped = readdirSync(held.directory).find((name) => name.startsWith(`${pid}-`))
    expect(piped).toBeDefined()
    for (const text of ['garbage\n', 'null\n', 'x'.repeat(10_000)]) {
      await closedAfter(join(held.directory, piped ?? ''), text)
    }
    expect(await pidOf(supervised)).toBe(pid)
    expect(stranger.readyState).toBe('open')
    expect((await supervised.status()).state).toBe('awake')
    stranger.destroy()
    supervised.kill('SIGTERM')
    expect(await supervised.ended).toMatchObject({ code: 0 })
    expect(supervised.count('killed')).toBe(0)
  })

  test.each([
    ['writes text', 'echo garbage'],
    ['writes other JSON', 'echo null; echo 5; echo \'{"idle-shutdown":{"type":"claim","listen":77,"pid":1}}\''],
    ['writes without an end', "head -c 3000000 /dev/zero | tr '\\0' x"],
  ])('garbage on the IPC channel of a shell, which %s', async (_, say) => {
    const [node, file] = program('answer.js')
    const supervised = await SupervisorProcess.start(
      ['sh', '-c', `{ ${say}; } >&$NODE_CHANNEL_FD; '${node}' '${file}'; true`],
      SHORT,
    )
    expect(await pidOf(supervised)).toBeGreaterThan(0)
    expect(supervised.count('crashed')).toBe(0)
  })

  test('garbage on the IPC channel of the program ends the program, and the next one answers', async ({ expect }) => {
    const supervised = await SupervisorProcess.start(program('odd.js', 'garbage'), { ...SHORT, backoff: 20 })
    expect(await (await fetch(supervised.url())).text()).toBe('garbage')
    await supervised.event('starting')
    await expect.poll(async () => (await supervised.status()).state).toBe('asleep')
    expect(await (await fetch(supervised.url())).text()).toBe('garbage')
  })
})
