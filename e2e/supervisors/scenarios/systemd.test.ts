import { freePort, until } from '@idle-shutdown/testing'
import { beforeEach, expect, test } from 'vitest'
import { ask } from '../src/ask.ts'
import { pageConfig } from '../src/page-configs.ts'
import { startUnits } from '../src/supervisor-systemd.ts'
import { Systemd } from '../src/systemd.ts'

const SERVICE = { framework: 'http', patience: 20 } as const
const DROP_IN = 'web.service.d/shell.conf'
const SHELL = `/etc/systemd/system/${DROP_IN}`
const UNITS = ['web.socket', 'web.service']

// Behaviour that only systemd has, as the page describes it.
beforeEach(({ skip }) => {
  const missing = Systemd.missing()
  skip(missing !== undefined, missing)
})

test('systemd: accepts the documented units', async () => {
  const port = await freePort()
  await using systemd = await startUnits(SERVICE, [...UNITS, 'each.socket', 'each@.service'], { port })
  const units = [...UNITS, 'each.socket', 'each@.service'].map((name) => systemd.temp.path('units', name))
  const { code, stderr } = await systemd.run('systemd-analyze', 'verify', '--man=no', ...units)
  expect({ code, stderr: stderr.trim() }).toEqual({ code: 0, stderr: '' })
})

test('systemd: receives READY=1, and an idle end is not a failure', async () => {
  const port = await freePort()
  await using systemd = await startUnits({ ...SERVICE, patience: 1000 }, UNITS, { port })
  expect(await systemd.property('web.service', 'ActiveState')).toBe('inactive')
  await ask({ host: '127.0.0.1', port }, 'first')
  // Only READY=1 ends the state "activating".
  await until(
    async () => (await systemd.property('web.service', 'ActiveState')) === 'active',
    () => systemd.log,
  )
  await until(
    async () => (await systemd.property('web.service', 'ActiveState')) === 'inactive',
    () => systemd.log,
  )
  expect(await systemd.property('web.service', 'Result'), systemd.log).toBe('success')
  expect(await systemd.property('web.socket', 'ActiveState'), systemd.log).toBe('active')
  expect(systemd.output).toMatch(/^exited 0$/m)
})

test('systemd: fails the socket at the sixth start without StartLimitIntervalSec=0', async () => {
  const port = await freePort()
  await using systemd = await startUnits(SERVICE, UNITS, { port })
  const service = pageConfig('/etc/systemd/system/web.service', { port })
  // The default is 5 starts in 10 s, and this machine may be too slow for that.
  await systemd.load({ 'web.service': service.replace('StartLimitIntervalSec=0', 'StartLimitIntervalSec=1min') })
  for (let start = 1; start <= 5; start++) await startOnce(systemd, port, start)
  const sixth = await ask({ host: '127.0.0.1', port }, 'sixth').catch((error: Error) => error)
  expect(sixth).toBeInstanceOf(Error)
  await until(
    async () => (await systemd.property('web.socket', 'ActiveState')) === 'failed',
    () => systemd.log,
  )
  expect(await systemd.property('web.socket', 'Result'), systemd.log).toBe('service-start-limit-hit')
  // Applies the documented remedy.
  await systemd.must('systemctl', 'reset-failed', 'web.service', 'web.socket')
  await systemd.must('systemctl', 'start', 'web.socket')
  await ask({ host: '127.0.0.1', port }, 'again')
})

test('systemd: does not fail the socket with StartLimitIntervalSec=0', async () => {
  const port = await freePort()
  await using systemd = await startUnits(SERVICE, UNITS, { port })
  for (let start = 1; start <= 12; start++) await startOnce(systemd, port, start)
})

test('systemd: a server behind a shell that does not exec it names the reason of its error', async () => {
  const port = await freePort()
  await using systemd = await startUnits(SERVICE, UNITS, { port })
  const shell = pageConfig(SHELL, { port })
  await systemd.load({ [DROP_IN]: shell.replace("'exec /run/node server.js'", "'/run/node server.js; exit $?'") })
  const asking = ask({ host: '127.0.0.1', port }, 'refused').catch(() => {})
  await until(
    () => systemd.output.includes('ERR_IDLE_LISTEN_PID_MISMATCH'),
    () => systemd.output + systemd.log,
  )
  await systemd.must('systemctl', 'stop', 'web.socket', 'web.service')
  await asking
})

test('systemd: a server in place of a shell serves', async () => {
  const port = await freePort()
  await using systemd = await startUnits(SERVICE, UNITS, { port })
  await systemd.load({ [DROP_IN]: pageConfig(SHELL, { port }) })
  await startOnce(systemd, port, 1)
})

/** Sends one request, and waits until the server has ended. */
async function startOnce(systemd: Systemd, port: number, start: number): Promise<void> {
  await ask({ host: '127.0.0.1', port }, `${start}`)
  const stopped = async (): Promise<boolean> => (await systemd.property('web.service', 'ActiveState')) === 'inactive'
  await until(stopped, () => systemd.log)
  expect(systemd.temp.starts(), systemd.log).toBe(start)
}
