import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { getText, Program } from '@idle-shutdown/testing'
import { describe, expect, test, vi } from 'vitest'
import { preloadedFile, REGISTER } from './preloaded.ts'
import { program, SupervisorProcess } from './supervisor.ts'

vi.setConfig({ testTimeout: 60_000 })

const FILE = join(import.meta.dirname, 'programs/declared-work.js')
/** A patience that the work outlasts, and a first patience for a busy machine. */
const SHORT = { IDLE_PATIENCE: '150ms', IDLE_STARTUP_PATIENCE: '30s' }
const WORK = 1200
const BY_ITSELF = { code: 0, signal: null }

const LABELS = [
  ['child', 'render'],
  ['worker', 'worker 1'],
  ['promise', 'report'],
  ['hold', 'upload'],
] as const

describe.concurrent('the functions of idle-shutdown', () => {
  test.each(LABELS)('under the preload, the end waits for a %s, and then for beforeEnd', async (kind, label) => {
    const running = preloadedFile('declared-work.js', SHORT)
    expect(JSON.parse(await getText(await running.port(), `/${kind}?${WORK}`))).toEqual(
      expect.arrayContaining([label === 'worker 1' ? expect.stringMatching(/^worker /) : label]),
    )
    const { stdout, ...ending } = await running.ended
    expect(ending).toMatchObject(BY_ITSELF)
    expect(stdout).toMatch(/worked\nflushed\n$/)
  })

  test.each(LABELS)('under run, the end waits for a %s, which the status names with its age', async (kind, label) => {
    const supervisor = await SupervisorProcess.start(program('declared-work.js'), { idle: SHORT })
    expect((await fetch(supervisor.url(`/${kind}?${WORK}`))).status).toBe(202)
    const named = new RegExp(`^hold ${label.replace(/\d/, '\\d')} \\(for [\\d.]+ m?s\\)$`)
    let { idle } = await supervisor.status()
    while (idle?.reasons.some((reason) => named.test(reason)) !== true) ({ idle } = await supervisor.status())
    expect(idle.active).toBeGreaterThanOrEqual(1)
    await supervisor.event('ended')
    expect(supervisor.output).toMatch(/worked.*flushed.*"event":"ended"/s)
    supervisor.kill('SIGTERM')
    await supervisor.ended
  })

  test('without a watch, they do nothing, and load neither the preload nor the command', async () => {
    const running = new Program([FILE], {})
    const port = await running.port()
    expect(JSON.parse(await getText(port, '/promise?1'))).toBe('not watched')
    await running.printed(/worked/)
    running.kill('SIGTERM')
    expect(await running.ended).toMatchObject({ signal: 'SIGTERM' })
  })

  test('they can be required', () => {
    const code = `console.log(Object.keys(require('idle-shutdown')).sort().join(' '))`
    const cwd = import.meta.dirname
    expect(execFileSync(process.execPath, ['--eval', code], { cwd, encoding: 'utf8' })).toBe(
      'beforeEnd explain hold touch waitUntil waitUntilPlugin\n',
    )
  })

  test('they start nothing and load no server', () => {
    const code = `
      await import('idle-shutdown')
      console.log(JSON.stringify([process.getActiveResourcesInfo(), Object.keys(process.moduleLoadList ?? {}).length]))
      const loaded = process.moduleLoadList.filter((name) => /NativeModule (http|net|tls|http2|child_process|worker_threads|cluster)$/.test(name))
      console.log(loaded.join(' '))`
    const run = (text: string) =>
      execFileSync(process.execPath, ['--input-type=module', '--eval', text], {
        cwd: import.meta.dirname,
        encoding: 'utf8',
      })
    const without = code.replace(`await import('idle-shutdown')`, '')
    expect(run(code).split('\n')[1]).toBe(run(without).split('\n')[1])
  })

  test('in a worker thread, nothing is watched', async () => {
    const code = `import('idle-shutdown').then(({ explain, hold, beforeEnd }) => {
      hold('in a thread')
      console.log(explain(), beforeEnd(() => console.log('never')))
    })`
    const running = inThisFolder(
      `import { createServer } from 'node:http'
      import { Worker } from 'node:worker_threads'
      new Worker(${JSON.stringify(code)}, { eval: true })
      createServer().listen(0, '127.0.0.1')`,
      { IDLE_PATIENCE: '500ms' },
    )
    expect(await running.ended).toMatchObject({ ...BY_ITSELF, stdout: 'undefined undefined\n' })
  })
})

test.each([
  ['an adapter', `const idle = idleShutdown(server, { patience: '150ms', startupPatience: '30s' })`, {}],
  ['the preload', '', SHORT],
  ['both', `const idle = idleShutdown(server, { patience: '150ms', startupPatience: '30s' })`, SHORT],
])('with %s, a hold of before the first watch delays the end, and beforeEnd runs once', async (_, watch, env) => {
  const running = inThisFolder(
    `import { createServer } from 'node:http'
    import { idleShutdown } from '@idle-shutdown/core'
    import { hold, beforeEnd } from 'idle-shutdown'
    const held = hold('migration')
    const server = createServer((req, res) => res.end('Hello'))
    ${watch}
    beforeEnd(() => console.log('flushed'))
    server.listen(0, '127.0.0.1', () => console.log('http ' + server.address().port))
    setTimeout(() => {
      console.log('migrated')
      held.release()
    }, ${WORK})`,
    env,
  )
  expect(await getText(await running.port())).toBe('Hello')
  const { stdout, ...ending } = await running.ended
  expect(ending).toMatchObject(BY_ITSELF)
  expect(stdout).toMatch(/migrated\nflushed\n$/)
  expect(stdout.match(/flushed/g)).toHaveLength(1)
})

/** Starts a module that can import this package, with the preload if it has settings. */
function inThisFolder(code: string, env: NodeJS.ProcessEnv): Program {
  const preload = 'IDLE_PATIENCE' in env ? ['--import', REGISTER] : []
  return new Program([...preload, '--input-type=module', '--eval', code], { env, cwd: import.meta.dirname })
}
