import { existsSync, unlinkSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { makeTempFolder } from '@idle-shutdown/testing'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { program, SupervisorProcess } from './supervisor.ts'

// Each test starts several processes, each of which takes seconds on a busy machine.
vi.setConfig({ testTimeout: 60_000 })

const folder = makeTempFolder(afterAll)
let count = 0

async function ask(socketPath: string): Promise<string> {
  return new Promise((resolve) => {
    request({ socketPath, agent: false }, (response) => resolve(text(response)))
      .on('error', (error) => resolve(String(Reflect.get(error, 'code'))))
      .end()
  })
}

async function held(
  kind: string,
  command?: (file: string) => [string, ...string[]],
): Promise<{ run: SupervisorProcess; path: string }> {
  const path = join(folder, `${count++}.sock`)
  const [node, file, ...args] = program('endpoints.js', kind)
  const run = await SupervisorProcess.start(
    command === undefined ? [node, file ?? '', ...args] : command(`'${node}' '${file}' ${kind}`),
    {
      listen: [{ path }],
      env: { PORT: path },
      idle: { IDLE_PATIENCE: '20s' },
    },
  )
  return { run, path }
}

describe.concurrent('a unix socket that is held', () => {
  test.each(['unlinkSync', 'unlink', 'rmSync', 'byShell'])(
    'a program that removes it with %s still answers there',
    async (kind) => {
      const { run, path } = await held(kind)
      expect(await ask(path)).toBe('site')
      if (kind === 'byShell') await run.printed(/said path true/, 'stderr')
      expect(await ask(path)).toBe('site')
      expect(existsSync(path)).toBe(true)
    },
  )

  test('is bound again when a shell removes it before the program starts', async () => {
    const { path } = await held('rmSync', (command) => ['sh', '-c', `rm -f "$PORT"; ${command}`])
    expect(await ask(path)).toBe('site')
    expect(await ask(path)).toBe('site')
  })

  test('readableAll and writableAll apply to the path, and the program can change its mode', async () => {
    const { run, path } = await held('mode')
    expect(await ask(path)).toBe('site')
    await run.printed(/said mode 77[67]/, 'stderr')
    await run.printed(/said mode 600/, 'stderr')
    expect(await ask(path)).toBe('site')
  })

  test('stays when the server closes, and is removed with the supervisor', async () => {
    const { run, path } = await held('closes')
    expect(await ask(path)).toBe('site')
    await run.printed(/said closed true/, 'stderr')
    run.kill('SIGTERM')
    await run.ended
    expect(existsSync(path)).toBe(false)
  })

  test('is bound again for the next start when another process removes it', async () => {
    const path = join(folder, `${count++}.sock`)
    const run = await SupervisorProcess.start(program('endpoints.js', 'rmSync'), {
      listen: [{ path }],
      env: { PORT: path },
      idle: { IDLE_PATIENCE: '500ms' },
    })
    // The connection that starts the program is in the queue of the removed socket.
    const first = ask(path)
    await run.event('starting')
    unlinkSync(path)
    expect(await first).toBe('site')
    expect(await ask(path)).toBe('site')
  })
})
