import { once } from 'node:events'
import { mkdirSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { freePort, makeTempFolder, Program } from '@idle-shutdown/testing'
import { afterAll, describe, test, vi } from 'vitest'
import { Control } from '../src/run/addresses/control-socket.ts'
import { COMMAND } from './command.ts'
import { program, SupervisorProcess } from './supervisor.ts'

vi.setConfig({ testTimeout: 60_000 })

const temp = makeTempFolder(afterAll)
const [node, file] = program('answer.js')

async function ask(url: string): Promise<number> {
  return (await fetch(url, { headers: { connection: 'close' } })).status
}

describe.skipIf(process.platform === 'win32').concurrent('the supervisor outlives', () => {
  test('garbage that a command writes into its channel', async ({ expect }) => {
    const port = await freePort()
    const script = `echo no message >&3; exec '${node}' '${file}'`
    const run = new Program([COMMAND, 'run', '--listen', `127.0.0.1:${port}`, '--', 'sh', '-c', script])
    await run.printed(/holds/, 'stderr')
    expect(await ask(`http://127.0.0.1:${port}/`)).toBe(200)
    expect(await ask(`http://127.0.0.1:${port}/`)).toBe(200)
    run.kill('SIGTERM')
    expect((await run.ended).code).toBe(0)
  })

  test('garbage that another program writes into the control socket', async ({ expect }) => {
    let detached = 0
    const control = await Control.open({ attached() {}, received() {}, detached: () => detached++ })
    for (const text of ['no message\n', '{}\n', 'null\n', '[1]\n']) {
      const socket = connect(control.path)
      socket.resume().write(text)
      await once(socket, 'close')
    }
    expect(detached).toBe(4)
    control.close()
  })

  test("the removal of the command's folder while it sleeps", async ({ expect }) => {
    const cwd = join(temp, 'cwd')
    mkdirSync(cwd)
    const supervised = await SupervisorProcess.start([node, file ?? ''], { cwd, backoff: 20, maxFailures: 2 })
    rmSync(cwd, { recursive: true })
    expect(await ask(supervised.url())).toBe(502)
    mkdirSync(cwd)
    await expect.poll(() => ask(supervised.url()), { timeout: 20_000 }).toBe(200)
  })

  test('an environment that is too large to start a command', async ({ expect }) => {
    const code = `import { Runner } from ${JSON.stringify(new URL('../dist/run/runner.js', import.meta.url).href)}
      const env = Object.fromEntries(Array.from({ length: 40 }, (_, i) => ['LARGE_' + i, 'x'.repeat(120_000)]))
      const runner = new Runner({ listen: [{ host: '127.0.0.1', port: 0 }], command: ['true'], env, backoff: 20, maxFailures: 1 },
        (event) => {
          console.log(JSON.stringify(event))
          if (event.event === 'gave-up') runner.stop('SIGTERM')
        })
      await runner.start()
      await fetch('http://127.0.0.1:' + runner.status.listen[0].port).then(({ status }) => console.log(status))`
    const { code: ended, stdout } = await Program.module(code).ended
    expect({ ended, stdout }).toEqual({
      ended: 0,
      stdout: expect.stringMatching(/it could not be started: spawn E2BIG[\s\S]*502/),
    })
  })
})
