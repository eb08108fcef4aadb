import { freePort } from '@idle-shutdown/conformance/program'
import { ask } from './ask.ts'
import { pageConfig } from './page-configs.ts'
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
    { name: 'systemd: accepts the documented units', missing, run: verified },
    { name: 'systemd: receives READY=1, and an idle end is not a failure', missing, run: notified },
    { name: 'systemd: fails the socket at the sixth start without StartLimitIntervalSec=0', missing, run: limited },
    { name: 'systemd: does not fail the socket with StartLimitIntervalSec=0', missing, run: unlimited },
    {
      name: 'systemd: a server behind a shell that does not exec it names the reason of its error',
      missing,
      run: behindShell,
    },
    { name: 'systemd: a server in place of a shell serves', missing, run: inPlaceOfShell },
  ]
}

async function verified(): Promise<undefined> {
  const port = await freePort()
  await using systemd = await startUnits(SERVICE, [...UNITS, 'each.socket', 'each@.service'], { port })
  const units = [...UNITS, 'each.socket', 'each@.service'].map((name) => systemd.temp.path('units', name))
  const { code, stderr } = await systemd.run('systemd-analyze', 'verify', '--man=no', ...units)
  must(code === 0 && stderr.trim() === '', stderr)
}

async function notified(): Promise<undefined> {
  const port = await freePort()
  await using systemd = await startUnits({ ...SERVICE, patience: 1000 }, UNITS, { port })
  must(
    (await systemd.property('web.service', 'ActiveState')) === 'inactive',
    'the program runs before the first request',
  )
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
  const service = pageConfig('/etc/systemd/system/web.service', { port })
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
  const shell = pageConfig(SHELL, { port })
  await systemd.load({ [DROP_IN]: shell.replace("'exec /run/node server.js'", "'/run/node server.js; exit $?'") })
  const asking = ask({ host: '127.0.0.1', port }, 'refused').catch(() => {})
  await until(
    () => systemd.output.includes('ERR_IDLE_LISTEN_PID_MISMATCH'),
    () => systemd.output + systemd.log,
  )
  await systemd.must('systemctl', 'stop', 'web.socket', 'web.service')
  await asking
}

async function inPlaceOfShell(): Promise<undefined> {
  const port = await freePort()
  await using systemd = await startUnits(SERVICE, UNITS, { port })
  await systemd.load({ [DROP_IN]: pageConfig(SHELL, { port }) })
  await startOnce(systemd, port, 1)
}

/** Sends one request, and waits until the server has ended. */
async function startOnce(systemd: Systemd, port: number, start: number): Promise<void> {
  await ask({ host: '127.0.0.1', port }, `${start}`)
  const stopped = async (): Promise<boolean> => (await systemd.property('web.service', 'ActiveState')) === 'inactive'
  await until(stopped, () => systemd.log)
  must(systemd.temp.starts() === start, `${systemd.temp.starts()} starts instead of ${start}: ${systemd.log}`)
}
