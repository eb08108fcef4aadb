import { endedByItself } from '@idle-shutdown/testing'
import { describe, expect, test } from 'vitest'
import { ActivatedProgram, byHand } from './activated-program.ts'

describe('the service that starts the process again', () => {
  const SAYS = `
    const server = hello()
    const idle = idleShutdown(server, { patience: '50ms' })
    await listen(server, { port: 0, host: '127.0.0.1' })
    console.log(JSON.stringify(idle.tracker.explain().startedAgainBy))
    console.log(String(idle.tracker))`

  test('is in explain(), toString() and one debug line if a socket was inherited', async () => {
    const program = ActivatedProgram.start(['web@tcp', 'admin@tcp', 'NODE_DEBUG=idle-shutdown'], SAYS)
    const { stderr, ...ending } = await program.ended
    expect(ending).toMatchObject({ code: 0 })
    const sockets = `'web' (descriptor 3), 'admin' (descriptor 4)`
    expect(ending.stdout).toContain(`"the next connection to ${sockets}"`)
    expect(ending.stdout).toContain(`(patience 50ms); started again by the next connection to ${sockets}`)
    expect(stderr).toMatch(/^IDLE-SHUTDOWN \d+: serves the inherited .*starts the process again after an idle end\n$/)
  })

  test('is not known without an inherited socket, and the server ends anyway', async () => {
    const { stderr, ...ending } = await byHand(SAYS, { NODE_DEBUG: 'idle-shutdown' }).ended
    expect(ending).toMatchObject({ code: 0 })
    expect(ending.stdout).toContain('"nothing that is known here"')
    expect(stderr).toMatch(
      /^IDLE-SHUTDOWN \d+: listens on 127\.0\.0\.1:\d+ by itself: nothing known here starts it again/,
    )
  })

  test('is not printed without NODE_DEBUG', async () => {
    expect(await byHand(SAYS).ended).toMatchObject(endedByItself)
  })

  test('is listed for several servers of one clock', async () => {
    const program = ActivatedProgram.start(
      ['web@tcp', 'admin@tcp'],
      `const [web, admin, own] = [hello(), hello(), hello()]
       const idle = idleShutdown([web, admin, own], { patience: '50ms' })
       await listen(web, 0, { names: ['web'] })
       await listen(admin, 0, { names: ['admin'] })
       own.listen(0)
       console.log(idle.tracker.explain().startedAgainBy)`,
    )
    expect((await program.ended).stdout).toContain(
      `the next connection to 'web' (descriptor 3), the next connection to 'admin' (descriptor 4)`,
    )
  })
})

describe('Bun, whose listen({ fd }) binds a random port', () => {
  // Node with Bun's mark. The refusal depends only on the name.
  const MARKED = `Object.defineProperty(process, 'versions', { value: { ...process.versions, bun: '1.3.0' } })`

  test('throws if a socket was inherited', async () => {
    const program = ActivatedProgram.start(
      ['web@tcp'],
      `${MARKED}
       await listen(hello(), 0).catch(({ code, message }) => console.log(code + ': ' + message))`,
    )
    expect((await program.ended).stdout).toMatch(/^ERR_IDLE_UNSUPPORTED_RUNTIME: 'web' \(descriptor 3\) .* Bun/m)
  })

  test('works with the fallback', async () => {
    const program = byHand(`${MARKED}
      const listening = await listen(hello(), 0)
      console.log(listening.kind)
      await listening.close()`)
    expect(await program.ended).toMatchObject({ ...endedByItself, stdout: 'fallback\n' })
  })
})
