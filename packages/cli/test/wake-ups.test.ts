import { describe, expect, test } from 'vitest'
import { program, SupervisorProcess } from './supervisor.ts'
import { type Client, traffic } from './traffic.ts'

// WAKE_UPS=full (pnpm test:wake-ups) sends 5,000 requests over more than 200 wake-ups.
const FULL = process.env['WAKE_UPS'] === 'full'
/** The number of requests of each client, if there is one, and if there are 50. */
const ROUNDS = FULL ? { alone: 80, together: 17 } : { alone: 3, together: 2 }
const PATIENCE = 40
const TIMEOUT = FULL ? 600_000 : 60_000

let wakeUps = 0
let requests = 0

async function ask(
  client: Client,
  clients: number,
  command: Parameters<typeof SupervisorProcess.start>[0],
  ports: number,
): Promise<void> {
  const idle = { IDLE_PATIENCE: `${PATIENCE}ms` }
  const supervised = await SupervisorProcess.start(command, { idle }, ports)
  const rounds = clients === 1 ? ROUNDS.alone : ROUNDS.together
  const { answered, lost } = await traffic(supervised, { client, clients, rounds, patience: PATIENCE })
  expect(lost).toEqual([])
  expect(answered).toBe(clients * rounds)
  expect(supervised.count('crashed') + supervised.count('killed')).toBe(0)
  wakeUps += supervised.count('starting')
  requests += answered
  supervised.kill('SIGTERM')
  expect(await supervised.ended).toMatchObject({ code: 0 })
}

describe('requests around the deadline are answered', { timeout: TIMEOUT }, () => {
  for (const client of ['close', 'agent', 'fetch'] satisfies Client[]) {
    for (const ports of [1, 2]) {
      for (const clients of [1, 50]) {
        test(`${client}, ${clients} at a time, ${ports} --listen`, async () => {
          await ask(client, clients, (held) => program('answer.js', ...held), ports)
        })
      }
    }
  }

  test.each(['close', 'agent'] satisfies Client[])('%s, 50 at a time, behind a shell', async (client) => {
    const [node, file] = program('answer.js')
    await ask(client, 50, ['sh', '-c', `'${node}' '${file}'; exit 0`], 1)
  })

  test('many wake-ups', () => {
    console.log(`${requests} requests over ${wakeUps} wake-ups, on Node ${process.version}`)
    expect(requests).toBeGreaterThan(FULL ? 5000 : 500)
    expect(wakeUps).toBeGreaterThan(FULL ? 200 : 10)
  })
})
