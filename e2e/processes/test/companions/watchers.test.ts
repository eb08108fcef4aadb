import { appendFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { endedByItself, Program } from '@idle-shutdown/testing'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { LIMIT, makeFolder, needsOnDemand, onDemand, snippet, UNCALLED } from './companion.ts'

vi.setConfig({ testTimeout: LIMIT })

const bin = (path: string): string => createRequire(join(onDemand, 'package.json')).resolve(path)

/** A server that prints when it listens, and when it ends. */
const SERVER = `
import { createServer } from 'node:http'
import { idleShutdown } from '@idle-shutdown/core'
const server = createServer()
idleShutdown(server, { patience: '300ms' })
process.on('exit', (code) => console.log('ended with ' + code))
server.listen(0, () => console.log('listens'))
`

describe('a watcher of files', () => {
  test.for<[string, (folder: string) => string[], boolean]>([
    ['node --watch', () => ['--watch'], false],
    ['nodemon', (folder: string) => [bin('nodemon/bin/nodemon.js'), '--watch', folder, '--signal', 'SIGTERM'], true],
    ['tsx watch', () => [bin('tsx/cli'), 'watch', '--clear-screen=false'], true],
  ])(
    '%s waits after an idle end, and starts the program again when a file changes',
    async ([, args, large], context) => {
      if (large) needsOnDemand(context)
      // The watchers ignore folders whose names begin with a dot.
      const folder = makeFolder(onDemand, 'watched')
      const file = join(folder, 'server.mjs')
      writeFileSync(file, SERVER)
      const watcher = new Program([...args(folder), file], { limit: LIMIT })
      onTestFinished(async () => {
        watcher.kill('SIGTERM')
        await watcher.ended
      })
      await watcher.printed(/listens[\s\S]*ended with 0/)
      appendFileSync(file, '// changed\n')
      await watcher.printed(/ended with 0[\s\S]*listens[\s\S]*ended with 0/)
      expect(watcher.stdout.match(/ended with/g)).toHaveLength(2)
    },
  )
})

interface Worker {
  readonly pm2_env: { readonly status: string; readonly exit_code: number; readonly restart_time: number }
}

test('pm2, cluster mode: ends workers with 0, which are not started again', async (context) => {
  needsOnDemand(context)
  const folder = makeFolder(onDemand)
  writeFileSync(join(folder, 'server.js'), snippet('pm2', UNCALLED))
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  writeFileSync(join(folder, 'ecosystem.config.cjs'), `module.exports = ${snippet('pm2', '', 'json')}`)
  const pm2 = (...args: string[]): Promise<{ stdout: string }> =>
    new Program([bin('pm2/bin/pm2'), ...args], {
      env: { PM2_HOME: join(folder, 'home'), NO_COLOR: '1' },
      limit: LIMIT,
    }).ended
  onTestFinished(async () => {
    await pm2('kill')
  })

  expect(await pm2('start', join(folder, 'ecosystem.config.cjs'), '--cwd', folder)).toMatchObject(endedByItself)
  const workers = async (): Promise<Worker[]> => {
    const { stdout } = await pm2('jlist')
    return JSON.parse(stdout.slice(stdout.indexOf('[{')))
  }
  let list = await workers()
  while (list.some(({ pm2_env: { status } }) => status === 'online')) list = await workers()
  expect(list).toHaveLength(2)
  for (const { pm2_env } of list) {
    expect(pm2_env).toMatchObject({ status: 'stopped', exit_code: 0, restart_time: 0 })
  }
})
