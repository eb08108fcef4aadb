import { readFileSync } from 'node:fs'
import { get } from 'node:http'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { freePort, Program } from '@idle-shutdown/testing'
import { beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest'
import { consumer } from '../installs.ts'
import { readManifest } from '../packed.ts'

// `idle-shutdown` installed from its tarball, with an unmodified server.
const SERVER = 'plain/server.cjs'
let home = ''
beforeAll(async () => {
  home = await consumer(inject('temp'), inject('packed'), 'now')
})

describe('the preload', () => {
  test.each(['--import', '--require'])(
    '%s idle-shutdown/register: the server answers, and ends by itself',
    async (flag) => {
      const env = { IDLE_PATIENCE: '300ms', IDLE_STARTUP_PATIENCE: '1m' }
      const program = new Program([flag, 'idle-shutdown/register', SERVER], { env, cwd: home })
      expect(await ask(await port(program))).toBe('Hello')
      expect(await program.ended).toMatchObject({ code: 0, signal: null, stderr: expect.stringMatching(/^[^\n]+\n$/) })
    },
  )

  test('works through NODE_OPTIONS', async () => {
    const env = { NODE_OPTIONS: '--import idle-shutdown/register', IDLE_PATIENCE: '300ms', IDLE_STARTUP_PATIENCE: '1m' }
    const program = new Program([SERVER], { env, cwd: home })
    expect(await ask(await port(program))).toBe('Hello')
    expect(await program.ended).toMatchObject({ code: 0, signal: null })
  })

  test('ends the program at once, with one sentence, for a mistyped setting', async () => {
    const program = new Program(['--import', 'idle-shutdown/register', SERVER], {
      env: { IDLE_PATIENCE: '15x' },
      cwd: home,
    })
    expect(await program.ended).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('IDLE_PATIENCE') })
  })
})

describe('the command', () => {
  test('run: starts the server by a request, and again after its idle end', async () => {
    const at = await freePort()
    const idle = ['--listen', `127.0.0.1:${at}`, '--patience', '300ms', '--json']
    const run = new Program([command(), 'run', ...idle, '--', 'node', SERVER], { cwd: home })
    onTestFinished(() => run.kill('SIGKILL'))
    await run.printed(/"event":"listening"/)
    for (const time of [1, 2]) {
      expect(await ask(at)).toBe('Hello')
      await run.printed(new RegExp(`("event":"ended"[^]*?){${time}}`))
    }
    run.kill('SIGTERM')
    const { code, stdout } = await run.ended
    expect({ code, starts: stdout.match(/"event":"starting"/g)?.length }).toEqual({ code: 0, starts: 2 })
  })

  test('answers --version and --help, and rejects a wrong option', async () => {
    const { version } = JSON.parse(readFileSync(join(home, 'node_modules/idle-shutdown/package.json'), 'utf8'))
    expect(await called('--version')).toMatchObject({ code: 0, stdout: expect.stringContaining(version) })
    expect(await called('--help')).toMatchObject({ code: 0, stdout: expect.stringContaining('idle-shutdown run') })
    expect(await called('run', '--lisen', '3000', 'node', SERVER)).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining('--lisen'),
    })
  })

  test('systemd: prints units with the path of the installed preload', async () => {
    const { code, stdout } = await called('systemd', '--name', 'web', '--listen', '3000', '--', 'node', SERVER)
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringContaining(join(home, 'node_modules/idle-shutdown/dist/register/index.js')),
    })
  })
})

/** Returns the file that the package's own `bin` names. */
function command(): string {
  const folder = join(home, 'node_modules/idle-shutdown')
  return join(folder, readManifest(folder).bin?.['idle-shutdown'] ?? '')
}

function called(...args: string[]): Program['ended'] {
  return new Program([command(), ...args], { cwd: home }).ended
}

async function port(program: Program): Promise<number> {
  return Number((await program.printed(/port (\d+)\n/))[1])
}

function ask(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    get({ port, host: '127.0.0.1', agent: false }, (response) => resolve(text(response))).on('error', reject)
  })
}
