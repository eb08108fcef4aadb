import { AsyncLocalStorage } from 'node:async_hooks'
import { once } from 'node:events'
import { createServer, get, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, createServer as createNet, type Socket } from 'node:net'
import { ManualClock, turns, Warnings } from '@idle-shutdown/testing'
import { describe, expect, test } from 'vitest'
import { refusal } from '../../test/refusal.ts'
import { runProgram } from '../../test/run-program.ts'
import { idleShutdown } from '../idle-shutdown.ts'
import type { IdleShutdownOptions } from '../options.ts'
import { waitUntil } from '../process-wide/functions.ts'

const PATIENCE = 60_000

function make(options?: IdleShutdownOptions) {
  const clock = new ManualClock()
  return { clock, idle: idleShutdown([], { clock, patience: PATIENCE, ...options }) }
}

/** Serves on a port of 127.0.0.1, and keeps each response for the test to end. */
async function serve(options?: IdleShutdownOptions) {
  const clock = new ManualClock()
  const responses: ServerResponse[] = []
  const server = createServer((_request, response) => responses.push(response))
  const idle = idleShutdown(server, { clock, patience: PATIENCE, ...options })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { clock, idle, server, responses }
}

async function requestTo(server: Server): Promise<{ readonly answered: Promise<unknown> }> {
  const request = get({ port: (server.address() as AddressInfo).port, agent: false })
  const answered = once(request, 'response').then(([response]) => once(response.resume(), 'end'))
  await once(server, 'request')
  return { answered }
}

/** Returns a promise that the test resolves. */
function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open = (): void => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { opened, open }
}

describe('the order of an end', () => {
  test('is: signal, last answer, callbacks of beforeEnd one after the other, closed', async () => {
    const { idle, server, responses } = await serve()
    const order: string[] = []
    idle.signal.addEventListener('abort', () => order.push('signal'))
    for (const name of ['first', 'second']) {
      idle.beforeEnd(async () => {
        order.push(`${name} begins`)
        await turns()
        order.push(`${name} ends`)
      })
    }
    void idle.closed.then(() => order.push('closed'))
    const { answered } = await requestTo(server)
    server.on('close', () => order.push('server closed'))
    void idle.close()
    await turns()
    expect(order).toEqual(['signal'])
    responses[0]?.on('close', () => order.push('last answer')).end('bye')
    await answered
    await idle.closed
    expect(order).toEqual([
      'signal',
      'last answer',
      'server closed',
      'first begins',
      'first ends',
      'second begins',
      'second ends',
      'closed',
    ])
  })

  test('without a connection has the callbacks after all listeners of the close of the server', async () => {
    const { idle, server } = await serve()
    const order: string[] = []
    idle.beforeEnd(() => order.push('callback'))
    server.on('close', () => order.push('server closed'))
    await idle.close()
    expect(order).toEqual(['server closed', 'callback'])
  })

  test('is the same after an idle verdict', async () => {
    const { clock, idle, server } = await serve()
    const order: string[] = []
    idle.signal.addEventListener('abort', () => order.push('signal'))
    idle.beforeEnd(() => turns().then(() => order.push('callback')))
    void idle.closed.then(() => order.push('closed'))
    server.on('close', () => order.push('server closed'))
    await clock.advance(PATIENCE)
    await idle.closed
    expect(order).toEqual(['signal', 'server closed', 'callback', 'closed'])
  })

  test('has the callbacks after the last hold', async () => {
    const { idle } = make()
    const hold = idle.tracker.hold('job')
    let calls = 0
    idle.beforeEnd(() => calls++)
    const closed = idle.close()
    await turns()
    expect(calls).toBe(0)
    hold.release()
    await closed
    expect(calls).toBe(1)
  })

  test('has the callbacks after a hold that began during the drain, of a request that was answered then', async () => {
    const { clock, idle, server, responses } = await serve()
    const order: string[] = []
    idle.beforeEnd(() => order.push('callback'))
    const { answered } = await requestTo(server)
    void idle.close()
    await turns()
    const work = gate()
    const job = waitUntil(
      work.opened.then(() => order.push('job')),
      'job',
    )
    const hold = idle.tracker.hold('upload', { maxAge: 2000 })
    responses[0]?.end('bye')
    await answered
    await turns()
    expect(idle.tracker.explain()).toMatchObject({ state: 'ended', reasons: [{ label: 'job' }, { label: 'upload' }] })
    expect(order).toEqual([])
    await clock.advance(2000)
    expect(idle.tracker.active).toBe(1)
    work.open()
    await job
    expect(await idle.closed).toMatchObject({ duration: 2000, drained: 1, abandoned: 0 })
    expect(order).toEqual(['job', 'callback'])
    hold.release()
    expect(idle.tracker.hold('late').release()).toBeUndefined()
    expect(idle.tracker.active).toBe(0)
  })

  test('has closed after a hold that a callback takes, or when grace is over', async () => {
    for (const releases of [true, false]) {
      const { clock, idle } = make({ grace: 5000 })
      idle.beforeEnd(() => {
        const hold = idle.tracker.hold('upload')
        if (releases)
          idle.tracker.waitUntil(new Promise((resolve) => clock.setTimeout(() => resolve(hold.release()), 1000)))
      })
      let isClosed = false
      void idle.close().then(() => {
        isClosed = true
      })
      await turns()
      await clock.advance(releases ? 999 : 4999)
      expect(isClosed).toBe(false)
      await clock.advance(1)
      await turns()
      expect(isClosed).toBe(true)
      expect(await idle.closed).toMatchObject({ reason: { name: 'AbortError' } })
    }
  })

  test('waits for a connection that a server is given while callbacks run', async () => {
    const { idle, server } = await serve()
    const { opened, open } = gate()
    idle.beforeEnd(() => opened)
    const other = createNet()
    other.listen(0, '127.0.0.1')
    await once(other, 'listening')
    other.on('connection', (socket: Socket) => server.emit('connection', socket))
    let closed = false
    void idle.close().then(() => {
      closed = true
    })
    await turns()
    const client = connect((other.address() as AddressInfo).port, '127.0.0.1').resume()
    await once(other, 'connection')
    client.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n')
    const [, response]: ServerResponse[] = await once(server, 'request')
    open()
    await turns()
    expect(closed).toBe(false)
    response?.end('late')
    expect(await idle.closed).toMatchObject({ drained: 1, destroyed: 0 })
    client.destroy()
    other.close()
  })
})

test('the argument is the report that closed resolves with, whose duration leaves out the callbacks', async () => {
  const { clock, idle } = make()
  const seen: unknown[] = []
  idle.beforeEnd((report) => {
    seen.push(report)
    clock.step(5000)
  })
  const report = await idle.close('deploy')
  expect(seen).toEqual([report])
  expect(seen[0]).toBe(report)
  expect(report).toEqual({ reason: 'deploy', duration: 0, drained: 0, destroyed: 0, abandoned: 0 })
})

test('a callback that throws or rejects is one process warning, and the next one runs', async () => {
  using warnings = new Warnings()
  const { idle } = make()
  let calls = 0
  idle.beforeEnd(() => {
    throw new Error('thrown')
  })
  idle.beforeEnd(() => Promise.reject(new Error('rejected')))
  idle.beforeEnd(() => calls++)
  await idle.close()
  await turns()
  expect(calls).toBe(1)
  expect(warnings.list).toMatchObject([
    { code: 'IDLE_BEFORE_END_FAILED', detail: expect.stringContaining('thrown') },
    { code: 'IDLE_BEFORE_END_FAILED', detail: expect.stringContaining('rejected') },
  ])
})

describe('when grace is over', () => {
  test('while a callback runs, those that are left are called, none is awaited, and one warning has the number', async () => {
    using warnings = new Warnings()
    const { clock, idle } = make({ grace: 5000 })
    const calls: string[] = []
    const { opened, open } = gate()
    idle.beforeEnd(() => calls.push('done'))
    idle.beforeEnd(() => opened.then(() => Promise.reject(new Error('late'))))
    idle.beforeEnd(async () => calls.push('fulfilled at once'))
    idle.beforeEnd(() => {
      calls.push('hangs')
      return new Promise(() => {})
    })
    const closed = idle.close()
    await clock.advance(4999)
    expect(calls).toEqual(['done'])
    await clock.advance(1)
    expect(await closed).toMatchObject({ duration: 0, destroyed: 0, abandoned: 0 })
    expect(calls).toEqual(['done', 'fulfilled at once', 'hangs'])
    expect(clock.timers).toBe(0)
    await turns()
    expect(warnings.list).toMatchObject([
      { code: 'IDLE_BEFORE_END_FAILED', message: expect.stringContaining('2 of 4 callbacks of beforeEnd() had not') },
    ])
    // A rejection after that is not an unhandled one.
    open()
    await turns()
    expect(warnings.list).toHaveLength(2)
    expect(warnings.list[1]).toMatchObject({ code: 'IDLE_BEFORE_END_FAILED', detail: expect.stringContaining('late') })
  })

  test('before the last answer, each callback is called once, and none is awaited', async () => {
    using warnings = new Warnings()
    const { clock, idle, server } = await serve({ grace: 5000 })
    const calls: number[] = []
    for (const name of [1, 2]) idle.beforeEnd(() => new Promise(() => calls.push(name)))
    const { answered } = await requestTo(server)
    const cut = expect(answered).rejects.toThrow()
    const closed = idle.close()
    await turns()
    clock.step(5000)
    expect(await closed).toMatchObject({ destroyed: 1, duration: 5000 })
    await cut
    expect(calls).toEqual([1, 2])
    await turns()
    expect(warnings.list).toMatchObject([
      { message: expect.stringContaining('2 of 2 callbacks of beforeEnd() had not') },
    ])
  })

  test('while callbacks run, a connection that a server was given meanwhile is destroyed', async () => {
    using warnings = new Warnings()
    const { clock, idle, server } = await serve({ grace: 5000 })
    idle.beforeEnd(() => new Promise(() => {}))
    const other = createNet()
    other.listen(0, '127.0.0.1')
    await once(other, 'listening')
    other.on('connection', (socket: Socket) => server.emit('connection', socket))
    const closed = idle.close()
    await turns()
    const client = connect((other.address() as AddressInfo).port, '127.0.0.1').resume()
    const ended = once(client, 'close')
    client.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n')
    await once(server, 'request')
    clock.step(5000)
    expect(await closed).toMatchObject({ destroyed: 1, duration: 5000 })
    await ended
    other.close()
    await turns()
    expect(warnings.codes).toEqual(['IDLE_BEFORE_END_FAILED'])
  })

  test('at once, with grace 0, each callback is called once, and none is awaited', async () => {
    using warnings = new Warnings()
    const { idle } = make({ grace: 0 })
    const calls: string[] = []
    idle.beforeEnd(async () => calls.push('first'))
    idle.beforeEnd(() => calls.push('second'))
    const closed = idle.close()
    expect(calls).toEqual(['first', 'second'])
    await closed
    await turns()
    expect(warnings.list).toEqual([])
  })

  test('never, with grace Infinity, callbacks are awaited however long they take', async () => {
    const { clock, idle } = make({ grace: Infinity })
    const { opened, open } = gate()
    idle.beforeEnd(() => opened)
    let closed = false
    const report = idle.close().finally(() => {
      closed = true
    })
    await clock.advance(1_000_000_000)
    expect(closed).toBe(false)
    open()
    expect(await report).toMatchObject({ duration: 0 })
  })
})

describe('a registration', () => {
  test('of what is not a function is refused at the call', () => {
    const { idle } = make()
    // @ts-expect-error a promise does not compile
    expect(refusal(() => idle.beforeEnd(Promise.resolve()))).toBe(
      'ERR_IDLE_INVALID_OPTION: "callback" must be a function. Received Promise { undefined }',
    )
  })

  test('that is undone is not called, also when an earlier callback undoes it', async () => {
    const { idle } = make()
    const calls: string[] = []
    idle.beforeEnd(() => calls.push('undone'))?.[Symbol.dispose]()
    idle.beforeEnd(() => undone?.[Symbol.dispose]())
    const undone = idle.beforeEnd(() => calls.push('undone later'))
    idle.beforeEnd(() => calls.push('last'))
    await idle.close()
    expect(calls).toEqual(['last'])
  })

  test('of the same function twice calls it twice, and each undo is of one', async () => {
    const { idle } = make()
    let calls = 0
    const callback = (): unknown => calls++
    const [undo] = [idle.beforeEnd(callback), idle.beforeEnd(callback), idle.beforeEnd(callback)]
    undo?.[Symbol.dispose]()
    undo?.[Symbol.dispose]()
    await idle.close()
    expect(calls).toBe(2)
  })

  test('on the signal and until the last answer still runs', async () => {
    const { idle, server, responses } = await serve()
    const calls: string[] = []
    idle.signal.addEventListener('abort', () => idle.beforeEnd(() => calls.push('signal')))
    const { answered } = await requestTo(server)
    void idle.close()
    await turns()
    expect(idle.beforeEnd(() => calls.push('drain'))).toBeDefined()
    responses[0]?.end()
    await answered
    await idle.closed
    expect(calls).toEqual(['signal', 'drain'])
  })

  test.each(['after the last answer, without a callback', 'within a callback', 'after the end'])(
    '%s returns undefined and runs nothing',
    async (when) => {
      const { idle } = make()
      let calls = 0
      const late: unknown[] = []
      const register = (): unknown => late.push(idle.beforeEnd(() => calls++))
      if (when.startsWith('within')) idle.beforeEnd(register)
      const closed = idle.close().then(register)
      await closed
      expect(late).toEqual(when.startsWith('within') ? [undefined, undefined] : [undefined])
      await turns()
      expect(calls).toBe(0)
    },
  )
})

test('callbacks run in the asynchronous context in which the shutdown was made, not in that of a request', async () => {
  const store = new AsyncLocalStorage<string>()
  const seen: unknown[] = []
  const { idle, server, responses } = await store.run('maker', () => serve())
  server.on('request', () => {
    store.enterWith('request')
    idle.beforeEnd(() => seen.push(store.getStore()))
  })
  const { answered } = await requestTo(server)
  void idle.close()
  await turns()
  responses[0]?.end()
  await answered
  await idle.closed
  expect(seen).toEqual(['maker'])
})

describe.concurrent('a process', () => {
  test('stays up for a callback that waits for something that does not keep it alive', async () => {
    const { code, stdout, stderr } = await runProgram(
      `import { createServer } from 'node:http'
       const idle = idleShutdown(createServer().listen(0), { patience: '20ms' })
       idle.beforeEnd(() => new Promise((resolve) => setTimeout(resolve, 200).unref()))
       idle.closed.then(() => console.log('closed'))`,
    )
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: 'closed\n', stderr: '' })
  })

  test('whose callback never finishes ends when grace is over, with one warning', async () => {
    const { code, stdout, stderr } = await runProgram(
      `import { createServer } from 'node:http'
       const idle = idleShutdown(createServer().listen(0), { patience: '20ms', grace: '200ms' })
       idle.beforeEnd(() => new Promise(() => {}))
       console.log('closed', (await idle.closed).destroyed)`,
    )
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'closed 0\n' })
    expect(stderr.match(/IDLE_BEFORE_END_FAILED/g)).toHaveLength(1)
    expect(stderr).toContain('1 of 1 callbacks of beforeEnd() had not finished when grace was over')
  })

  test('that goes on after its callbacks still warns what keeps it running', async () => {
    const { code, stderr } = await runProgram(
      `import { createServer } from 'node:http'
       const idle = idleShutdown(createServer().listen(0), { patience: '20ms' })
       let closed
       idle.beforeEnd(() => new Promise((resolve) => setTimeout(resolve, 500)))
       idle.closed.then(() => { closed = performance.now() })
       const leftover = setInterval(() => {}, 50)
       process.on('warning', () => {
         clearInterval(leftover)
         process.exitCode = performance.now() - closed < 2900 ? 1 : 0
       })`,
    )
    expect(stderr).toContain('IDLE_STILL_RUNNING')
    expect(stderr).toContain('1 × Timeout')
    expect(code).toBe(0)
  })
})
