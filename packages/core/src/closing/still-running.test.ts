import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { type Ending, ManualClock, Warnings } from '@idle-shutdown/testing'
import { describe, expect, test } from 'vitest'
import { runProgram } from '../../test/run-program.ts'
import { warnIfStillRunning } from './still-running.ts'

test('warns once, three seconds after the end, and leaves no timer', async () => {
  using warnings = new Warnings()
  const clock = new ManualClock()
  warnIfStillRunning(clock)
  await clock.advance(2999)
  expect(warnings.codes).toEqual([])
  const warned = once(process, 'warning')
  await clock.advance(1)
  await warned
  expect(warnings.codes).toEqual(['IDLE_STILL_RUNNING'])
  await clock.advance(60_000)
  expect(warnings.codes).toEqual(['IDLE_STILL_RUNNING'])
  expect(clock.timers).toBe(0)
})

/**
 * Runs a server that is idle at once, in a process that also has `leftover`. The process stops `leftover` at the
 * warning.
 */
async function runWith(
  leftover: string,
  stop: string,
  options?: { ipc: boolean },
): Promise<Ending & { warned: number }> {
  const outcome = await runProgram(
    `import { createServer } from 'node:http'
     const idle = idleShutdown(createServer().listen(0), { patience: '20ms' })
     ${leftover}
     process.on('warning', (warning) => {
       console.log(warning.code)
       ${stop}
     })`,
    options,
  )
  return { ...outcome, warned: outcome.stdout.split('\n').filter((line) => line === 'IDLE_STILL_RUNNING').length }
}

describe.concurrent('warns what keeps a process running, which then ends by itself', () => {
  test.each([
    [
      'an interval',
      'const leftover = setInterval(() => {}, 50)',
      'clearInterval(leftover)',
      /1 × Timeout \(a timer: clear it/,
    ],
    [
      'another server',
      `const leftover = createServer().listen(0)`,
      'leftover.close()',
      /1 × TCPServerWrap \(another server: watch it too/,
    ],
    [
      'a child process',
      `import { spawn } from 'node:child_process'
       const leftover = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' })`,
      'leftover.kill()',
      /1 × ProcessWrap \(a child process: end it/,
    ],
    [
      'a worker',
      `import { Worker } from 'node:worker_threads'
       const leftover = new Worker('setInterval(() => {}, 1000)', { eval: true })`,
      'leftover.terminate()',
      /worker/,
    ],
    [
      'a worker beside an interval',
      `import { Worker } from 'node:worker_threads'
       const leftover = new Worker('setInterval(() => {}, 1000)', { eval: true })
       const interval = setInterval(() => {}, 50)`,
      'leftover.terminate(); clearInterval(interval)',
      /worker/,
    ],
  ])('%s', async (_, leftover, stop, said) => {
    const { code, stderr, warned } = await runWith(leftover, stop)
    expect(stderr).toMatch(said)
    expect({ code, warned }).toEqual({ code: 0, warned: 1 })
  })

  test('a connection, such as to a database', async () => {
    const database = createServer().listen(0, '127.0.0.1')
    await once(database, 'listening')
    const { port } = database.address() as AddressInfo
    const { code, stderr, warned } = await runWith(
      `import { connect } from 'node:net'
       const leftover = connect(${port}, '127.0.0.1')`,
      'leftover.destroy()',
    )
    database.close()
    expect(stderr).toMatch(/1 × TCPSocketWrap \(an open connection: a database client/)
    expect({ code, warned }).toEqual({ code: 0, warned: 1 })
  })

  test('an interval, a worker and a connection, such as to a database: one warning names all of them', async () => {
    const { code, stderr, warned } = await runWith(
      `import { connect, createServer as createNet } from 'node:net'
       import { Worker } from 'node:worker_threads'
       const database = createNet().unref().listen(0, '127.0.0.1', () => {
         const connection = connect(database.address().port, '127.0.0.1')
         stop = () => { connection.destroy(); worker.terminate(); clearInterval(interval) }
       })
       const worker = new Worker('setInterval(() => {}, 1000)', { eval: true })
       const interval = setInterval(() => {}, 50)
       let stop`,
      'stop()',
    )
    expect(stderr).toMatch(/× Timeout \(a timer: clear it/)
    expect(stderr).toMatch(/× TCPSocketWrap \(an open connection: a database client/)
    expect(stderr).toMatch(/worker/)
    expect({ code, warned }).toEqual({ code: 0, warned: 1 })
  })

  test('an IPC channel', async () => {
    const { code, stderr, warned } = await runWith(`process.on('message', () => {})`, 'process.disconnect()', {
      ipc: true,
    })
    expect(stderr).toContain('the IPC channel to the parent process (process.disconnect())')
    expect({ code, warned }).toEqual({ code: 0, warned: 1 })
  })

  test('does not warn or keep the process running when nothing else does', async () => {
    const { code, stdout, stderr } = await runProgram(
      `import { createServer } from 'node:http'
       const begin = performance.now()
       idleShutdown(createServer().listen(0), { patience: '20ms' })
       process.on('exit', () => console.log(performance.now() - begin < 2500 ? 'soon' : 'late'))`,
    )
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: 'soon\n', stderr: '' })
  })

  test.each([
    ['a close()', `idle.close()`, 'after close()'],
    ['an aborted parent, as by a handler of SIGTERM', `parent.abort()`, 'as the parent signal had aborted'],
  ])('after %s, names the reason, and no workers if there are none', async (_, end, reason) => {
    const { code, stderr } = await runProgram(
      `import { createServer } from 'node:http'
       const parent = new AbortController()
       const server = createServer().listen(0)
       const idle = idleShutdown(server, { patience: '1h', signal: parent.signal })
       server.on('listening', () => ${end})
       const leftover = setInterval(() => {}, 50)
       process.on('warning', () => clearInterval(leftover))`,
    )
    expect(stderr).toContain(`Every server closed 3 s ago ${reason}, but the process is still running.`)
    expect(stderr).toContain('1 × Timeout')
    expect(stderr).not.toContain('worker')
    expect(code).toBe(0)
  })

  test.each([
    ['the user closed the last server', `server.close(); setTimeout(() => {}, 3500)`],
    ['another server is opened', `idle.close(); idleShutdown(createServer().listen(0), { patience: 3500 })`],
  ])('does not warn when %s, since the process continues by intent', async (_, then) => {
    const { code, stderr } = await runProgram(
      `import { createServer } from 'node:http'
       const server = createServer().listen(0)
       const idle = idleShutdown(server, { patience: '1h' })
       server.on('listening', () => { ${then} })`,
    )
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  })
})
