import { freePort } from '@idle-shutdown/conformance/program'
import { ask } from './ask.ts'
import { documentedFile } from './documented.ts'
import { must, type Scenario } from './scenario.ts'
import { startUnits } from './supervisor-systemd.ts'
import { Systemd } from './systemd.ts'
import { until } from './until.ts'

const SERVICE = { framework: 'http', patience: 20 } as const
const DROP_IN = 'web.service.d/shell.conf'
const SHELL = `/etc/systemd/system/${DROP_IN}`
const UNITS = ['web.socket', 'web.service']

/** Tests behaviour that only systemd has, as the page describes it. */
export function systemdScenarios(): readonly Scenario[] {
  const missing = Systemd.missing()
  return [
    { name: 'systemd: the documented units have no mistake', missing, run: verified },
    { name: 'systemd: READY=1, and an end that is no failure', missing, run: notified },
    { name: 'systemd: without StartLimitIntervalSec=0 the sixth start fails the socket', missing, run: limited },
    { name: 'systemd: with it, it does not', missing, run: unlimited },
    {
      name: 'systemd: behind a shell that does not exec it, the server says why it refuses',
      missing,
      run: behindShell,
    },
    { name: 'systemd: in the place of a shell, it serves', missing, run: inPlaceOfShell },
  ]
}

async function verified(): Promise<undefined> {
  const port = await freePort()
  await using systemd = await startUnits(SERVICE, [...UNITS, 'each.socket', 'each@.service'], { port })
  const units = [...UNITS, 'each.socket', 'each@.service'].map((name) => systemd.workplace.path('units', name))
  const { code, stderr } = await systemd.run('systemd-analyze', 'verify', '--man=no', ...units)
  must(code === 0 && stderr.trim() === '', stderr)
}

async function notified(): Promise<undefined> {
  const port = await freePort()
  await using systemd = await startUnits({ ...SERVICE, patience: 1000 }, UNITS, { port })
  must((await systemd.property('web.service', 'ActiveState')) === 'inactive', 'it runs before anybody called')
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
  must((await systemd.property('web.service', 'Result')) === 'success', systemd.log)
  must((await systemd.property('web.socket', 'ActiveState')) === 'active', systemd.log)
  must(/^exited 0$/m.test(systemd.output), systemd.output)
}

async function limited(): Promise<undefined> {
  const port = await freePort()
  await using systemd = await startUnits(SERVICE, UNITS, { port })
  const service = documentedFile('/etc/systemd/system/web.service', { port })
  // The default is 5 starts in 10 s, and this machine may be too slow for that.
  await systemd.load({ 'web.service': service.replace('StartLimitIntervalSec=0', 'StartLimitIntervalSec=1min') })
  for (let start = 1; start <= 5; start++) await startOnce(systemd, port, start)
  const sixth = await ask({ host: '127.0.0.1', port }, 'sixth').catch((error: Error) => error)
  must(sixth instanceof Error, 'the sixth start was answered')
  await until(
    async () => (await systemd.property('web.socket', 'ActiveState')) === 'failed',
    () => systemd.log,
  )
  must((await systemd.property('web.socket', 'Result')) === 'service-start-limit-hit', systemd.log)
  // Applies the documented remedy.
  await systemd.must('systemctl', 'reset-failed', 'web.service', 'web.socket')
  await systemd.must('systemctl', 'start', 'web.socket')
  await ask({ host: '127.0.0.1', port }, 'again')
}

async function unlimited(): Promise<undefined> {
  const port = await freePort()
  await using systemd = await startUnits(SERVICE, UNITS, { port })
  for (let start = 1; start <= 12; start++) await startOnce(systemd, port, start)
}

async function behindShell(): Promise<undefined> {
  const port = await freePort()
  await using systemd = await startUnits(SERVICE, UNITS, { port })
  const shell = documentedFile(SHELL, { port })
  await systemd.load({ [DROP_IN]: shell.replace("'exec /run/node server.js'", "'/run/node server.js; exit $?'") })
  const asking = ask({ host: '127.0.0.1', port }, 'refused').catch(() => {})
  await until(
    () => systemd.output.includes('ERR_IDLE_FOREIGN_SOCKETS'),
    () => systemd.output + systemd.log,
  )
  await systemd.must('systemctl', 'stop', 'web.socket', 'web.service')
  await asking
}

async function inPlaceOfShell(): Promise<undefined> {
  const port = await freePort()
  await using systemd = await startUnits(SERVICE, UNITS, { port })
  await systemd.load({ [DROP_IN]: documentedFile(SHELL, { port }) })
  await startOnce(systemd, port, 1)
}

/** Sends one request, and waits until the server has ended. */
async function startOnce(systemd: Systemd, port: number, start: number): Promise<void> {
  await ask({ host: '127.0.0.1', port }, `${start}`)
  const stopped = async (): Promise<boolean> => (await systemd.property('web.service', 'ActiveState')) === 'inactive'
  await until(stopped, () => systemd.log)
  must(systemd.workplace.starts() === start, `${systemd.workplace.starts()} starts instead of ${start}: ${systemd.log}`)
}
