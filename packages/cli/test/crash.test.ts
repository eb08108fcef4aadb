import { once } from 'node:events'
import { request } from 'node:http'
import { text } from 'node:stream/consumers'
import { expect, test, vi } from 'vitest'
import { program, SupervisorProcess } from './supervisor.ts'

vi.setConfig({ testTimeout: 60_000 })

const CLIENTS = 50
const OPTIONS = { idle: { IDLE_PATIENCE: '1h' }, backoff: 20, maxFailures: 100 }

/** The outcome of a request: the process that answered, or the code of the error. */
type Outcome = { readonly pid: number } | { readonly lost: string }

async function ask(url: string): Promise<Outcome> {
  const asked = request(url, { method: 'POST', agent: false })
  // Sent with a body, because no client repeats such a request by itself.
  asked.end('body')
  try {
    const [response] = await once(asked, 'response')
    const body = await text(response)
    return response.statusCode === 200 ? { pid: JSON.parse(body).pid } : { lost: `${response.statusCode}: ${body}` }
  } catch (error) {
    return { lost: error instanceof Error && 'code' in error ? String(error.code) : String(error) }
  }
}

async function pidOf(supervised: SupervisorProcess): Promise<number> {
  const outcome = await ask(supervised.url('/who'))
  return 'pid' in outcome ? outcome.pid : 0
}

test('SIGKILL loses the 50 requests in progress, and none of the 50 connections that wait', async () => {
  const supervised = await SupervisorProcess.start(program('answer.js'), OPTIONS)
  const pid = await pidOf(supervised)
  const inHand = Array.from({ length: CLIENTS }, (_, index) => ask(supervised.url(`/hand${index}?60000`)))
  for (let index = 0; index < CLIENTS; index++) await supervised.printed(new RegExp(`got /hand${index}\n`), 'stderr')
  // From here on the process acknowledges nothing.
  process.kill(pid, 'SIGSTOP')
  const waiting = Array.from({ length: CLIENTS }, (_, index) => ask(supervised.url(`/${index}`)))
  // The supervisor has accepted all connections, and has sent them to a process that does not run.
  await expect.poll(async () => (await supervised.status()).connections, { timeout: 20_000 }).toBe(2 * CLIENTS + 1)
  process.kill(pid, 'SIGKILL')
  for (const outcome of await Promise.all(inHand)) expect(outcome).toEqual({ lost: 'ECONNRESET' })
  const answered = await Promise.all(waiting)
  const next = await pidOf(supervised)
  expect(next).not.toBe(pid)
  for (const outcome of answered) expect(outcome).toEqual({ pid: next })
  expect(await supervised.event('crashed')).toMatchObject({
    signal: 'SIGKILL',
    why: 'it was ended by SIGKILL',
    failures: 1,
  })
  expect({ crashed: supervised.count('crashed'), starting: supervised.count('starting') }).toEqual({
    crashed: 1,
    starting: 2,
  })
})

test('each of 50 clients loses at most its request in progress when SIGKILL follows SIGKILL', async () => {
  const supervised = await SupervisorProcess.start(program('answer.js'), OPTIONS)
  const kills = 5
  let killing = true
  const outcomes: Outcome[][] = []
  const asking = Array.from({ length: CLIENTS }, async (_, index) => {
    const own: Outcome[] = []
    outcomes.push(own)
    while (killing) own.push(await ask(supervised.url(`/${index}`)))
    // One more request, when nothing is killed any more.
    own.push(await ask(supervised.url(`/${index}`)))
  })
  for (let kill = 1; kill <= kills; kill++) {
    const { pid } = await supervised.event('starting', kill)
    await supervised.event('ready', kill)
    const before = outcomes.flat().length
    // In the middle of the requests: since this start, more answers than there are clients have arrived.
    await expect.poll(() => outcomes.flat().length, { interval: 1, timeout: 20_000 }).toBeGreaterThan(before + CLIENTS)
    process.kill(pid, 'SIGKILL')
    await supervised.event('crashed', kill)
  }
  killing = false
  await Promise.all(asking)
  for (const own of outcomes) {
    const lost = own.flatMap((outcome) => ('lost' in outcome ? [outcome.lost] : []))
    expect(lost.length).toBeLessThanOrEqual(kills)
    // No connection is refused, and no client gets an error page.
    for (const code of lost) expect(['ECONNRESET', 'EPIPE']).toContain(code)
    expect(own.at(-1)).toHaveProperty('pid')
  }
  expect(supervised.count('starting')).toBe(kills + 1)
})
