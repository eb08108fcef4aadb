import { RawClient } from '@idle-shutdown/testing'
import { describe, expect, test, vi } from 'vitest'
import { program, SupervisorProcess } from './supervisor.ts'

// Each test starts several processes, each of which takes seconds on a busy machine.
vi.setConfig({ testTimeout: 60_000 })

const GET = 'GET /queued HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'
const BEHIND_A_SHELL = ['sh', '-c', `'${program('answer.js').join("' '")}'; exit 0`] satisfies [string, ...string[]]

/**
 * Sends `signals` to a stopped supervisor while connections and requests of clients wait in the kernel. Returns the
 * answers.
 */
async function queued(
  supervised: SupervisorProcess,
  count: number,
  signals: readonly NodeJS.Signals[],
): Promise<string[]> {
  supervised.kill('SIGSTOP')
  const clients = await Promise.all(
    Array.from({ length: count }, () => RawClient.connect({ host: '127.0.0.1', port: supervised.ports[0] ?? 0 })),
  )
  await Promise.all(clients.map((client) => client.send(GET)))
  for (const signal of signals) supervised.kill(signal)
  supervised.kill('SIGCONT')
  const endings = await Promise.all(clients.map(({ ended }) => ended))
  return clients.map(({ received }, index) => `${/HTTP\/1.1 (\d+)/.exec(received)?.[1]} ${endings[index]?.how}`)
}

/** Asks once, and returns the process id of the program that answers. */
async function awake(supervised: SupervisorProcess): Promise<number> {
  const client = await RawClient.connect({ host: '127.0.0.1', port: supervised.ports[0] ?? 0 })
  await client.send(GET)
  const answer = await client.until('"path":"/queued"')
  client.destroy()
  return Number(/"pid":(\d+)/.exec(answer)?.[1])
}

describe.concurrent('a supervisor that is stopped while connections wait in the kernel', () => {
  test.each([
    ['as sockets', program('answer.js')],
    ['piped', BEHIND_A_SHELL],
  ] satisfies [string, [string, ...string[]]][])(
    'passes them on to the program that is awake, %s, which answers all of them',
    async (_, command) => {
      const supervised = await SupervisorProcess.start(command)
      await awake(supervised)
      expect(new Set(await queued(supervised, 50, ['SIGTERM']))).toEqual(new Set(['200 FIN']))
      expect(await supervised.ended).toMatchObject({ code: 0 })
    },
  )

  test('answers them with 503 when the program is asleep', async () => {
    const supervised = await SupervisorProcess.start(program('answer.js'))
    expect(new Set(await queued(supervised, 20, ['SIGTERM']))).toEqual(new Set(['503 FIN']))
    await supervised.ended
  })

  test('answers them with 503 when a second signal kills the program before it has taken them', async () => {
    const supervised = await SupervisorProcess.start(program('answer.js'))
    process.kill(await awake(supervised), 'SIGSTOP')
    expect(new Set(await queued(supervised, 20, ['SIGTERM', 'SIGINT']))).toEqual(new Set(['503 FIN']))
    await supervised.ended
  })

  test('passes on a kept connection whose request has arrived', async () => {
    const supervised = await SupervisorProcess.start(program('answer.js'), { idle: { IDLE_PATIENCE: '200ms' } })
    const kept = await RawClient.connect({ host: '127.0.0.1', port: supervised.ports[0] ?? 0 })
    await kept.get('/first')
    await kept.until('"path":"/first"')
    await supervised.event('ended')
    // Another client keeps the next program active.
    const other = await RawClient.connect({ host: '127.0.0.1', port: supervised.ports[0] ?? 0 })
    await other.get('/slow?500')
    await supervised.printed(/got \/slow/, 'stderr')
    supervised.kill('SIGSTOP')
    await kept.get('/second')
    supervised.kill('SIGTERM')
    supervised.kill('SIGCONT')
    await kept.until('"path":"/second"')
    await other.until('"path":"/slow"')
    await supervised.ended
  })
})
