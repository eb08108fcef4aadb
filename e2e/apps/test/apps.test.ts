import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { freePort } from '@idle-shutdown/testing'
import { describe, expect, test } from 'vitest'
import { AppProgram } from '../src/app-program.ts'
import { APPS, type App, chosen } from '../src/apps.ts'
import { explained } from '../src/explained.ts'
import { installed, pinned } from '../src/installation.ts'

// Unmodified programs from npm. The first run installs and builds them in e2e/.apps, since they are not dependencies of
// the workspace. IDLE_APPS names some of them.

const PATIENCE = 1500
const ROUNDS = 3

const register = createRequire(import.meta.url).resolve('idle-shutdown/register')
const PRELOAD = pathToFileURL(register).href
const COMMAND = join(dirname(register), '../main.js')

const apps = chosen(APPS)

if (apps.length === 0) test.skip('IDLE_APPS names no program of this file', () => {})

describe.each(apps.map((app) => [`${app.name} ${pinned(app.name, app.package ?? app.name)}`, app] as const))(
  '%s',
  (title, app) => {
    test('answers everything under the preload, and ends by itself with 0 when its patience is over', async () => {
      const port = await freePort()
      const env = { PORT: String(port), HOST: '127.0.0.1', IDLE_PATIENCE: `${PATIENCE}ms` }
      const program = new AppProgram(installed(app.name), ['--import', PRELOAD, ...app.args(port)], env)
      await explained(program, async () => {
        await program.listens(port)
        const answered = await ask(app, port)
        const last = performance.now()
        expect(await program.ended).toMatchObject({ code: 0, signal: null })
        const after = performance.now() - last
        expect(after).toBeGreaterThanOrEqual(PATIENCE - 50)
        console.log(`${title}: ${answered} answered, ended with 0 after ${Math.round(after)} ms`)
      })
    })

    test('is started by the first request under run, and again by the next one after its end', async () => {
      const port = await freePort()
      const program = startUnderRun(app, port)
      await explained(program, async () => {
        await program.event('listening')
        expect(program.events('starting')).toEqual([])
        let answered = await ask(app, port)
        await program.event('ended', 1)
        answered += await ask(app, port)
        await program.event('ended', 2)
        program.kill('SIGTERM')
        expect(await program.ended).toMatchObject({ code: 0, signal: null })
        expect(program.events('crashed')).toEqual([])
        const colds = program.events('ready').map(({ coldStart }) => Math.round(Number(coldStart)))
        console.log(`${title}: ${answered} answered, cold starts ${colds.join(' and ')} ms`)
      })
    })

    test.skipIf(app.work === undefined)(
      'under run, the end waits for work that takes longer than the patience',
      async () => {
        const port = await freePort()
        const program = startUnderRun(app, port)
        await explained(program, async () => {
          await program.event('listening')
          await declare(app, port, 3 * PATIENCE)
          await program.event('ended')
          expect(program.output).toMatch(/worked/)
          program.kill('SIGTERM')
          await program.ended
        })
      },
    )

    test.runIf(app.name === 'next')('under the preload, a signal does not cut the work that it declared', async () => {
      const port = await freePort()
      const env = { PORT: String(port), HOST: '127.0.0.1', IDLE_PATIENCE: '1m' }
      const program = new AppProgram(installed(app.name), ['--import', PRELOAD, ...app.args(port)], env)
      await explained(program, async () => {
        await program.listens(port)
        await declare(app, port, 2 * PATIENCE)
        program.kill('SIGTERM')
        // As without the preload.
        expect(await program.ended).toMatchObject({ code: 143, stdout: expect.stringContaining('worked') })
      })
    })
  },
)

/** Makes the program declare work that takes `ms` milliseconds. */
async function declare({ work }: App, port: number, ms: number): Promise<void> {
  const headers = { connection: 'close' }
  const response = await fetch(`http://127.0.0.1:${port}${work}?ms=${ms}`, { method: 'POST', headers })
  expect(response.status).toBe(202)
}

/** Runs every check in sequence, then again, and then all at once. Returns the number of checks. */
async function ask({ checks }: App, port: number): Promise<number> {
  let answered = 0
  for (let round = 0; round < ROUNDS; round++) {
    for (const check of checks) {
      await check(port)
      answered++
    }
  }
  await Promise.all(checks.flatMap((check) => Array.from({ length: 10 }, () => check(port).then(() => answered++))))
  return answered
}

/** Starts `idle-shutdown run` for an app, at the port that the app binds. */
function startUnderRun(app: App, port: number): AppProgram {
  const options = ['run', '--listen', `127.0.0.1:${port}`, '--patience', `${PATIENCE}ms`, '--json']
  const command = [COMMAND, ...options, '--', process.execPath, ...app.args(port)]
  return new AppProgram(installed(app.name), command, { PORT: String(port), HOST: '127.0.0.1' })
}
