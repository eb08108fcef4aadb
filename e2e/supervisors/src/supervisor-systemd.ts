import { symlinkSync } from 'node:fs'
import { freePort } from '@idle-shutdown/testing'
import { type Here, pageConfig } from './page-configs.ts'
import type { Service, Supervisor } from './supervisor.ts'
import { Systemd } from './systemd.ts'
import { serverFile, TempFolder } from './temp-folder.ts'

/** Starts systemd with the documented web.socket, on TCP and on a unix socket, and web.service. */
export async function startSystemd(service: Service): Promise<Supervisor> {
  const port = await freePort()
  const systemd = await startUnits(service, ['web.socket', 'web.service'], { port })
  return supervisor(systemd, [{ host: '127.0.0.1', port }, { socketPath: systemd.outside('/run/web.sock') }])
}

/** Starts systemd with the documented each.socket, which has `Accept=yes`: a server for each connection. */
export async function startSystemdEach(service: Service): Promise<Supervisor> {
  const each = await freePort()
  const systemd = await startUnits(service, ['each.socket', 'each@.service'], { each })
  return supervisor(systemd, [{ host: '127.0.0.1', port: each }])
}

/**
 * Starts a systemd that has loaded documented units, and starts the first unit.
 *
 * @param service one of our programs, or the text of another
 */
export async function startUnits(service: Service | string, names: readonly string[], here: Here): Promise<Systemd> {
  const program = typeof service === 'string' ? service : serverFile(service, '/srv/idle-shutdown')
  const temp = new TempFolder()
  temp.write({ 'web/server.js': program })
  // The documented programs import these modules.
  symlinkSync('/srv/idle-shutdown/e2e/node_modules', temp.path('web/node_modules'))
  const systemd = await Systemd.start(temp)
  try {
    await systemd.load(Object.fromEntries(names.map((name) => [name, pageConfig(`/etc/systemd/system/${name}`, here)])))
    await systemd.must('systemctl', 'start', names[0] ?? '')
    return systemd
  } catch (error) {
    await systemd[Symbol.asyncDispose]()
    throw error
  }
}

function supervisor(systemd: Systemd, addresses: Supervisor['addresses']): Supervisor {
  return {
    addresses,
    starts: () => systemd.temp.starts(),
    output: () => systemd.log + systemd.output,
    [Symbol.asyncDispose]: () => systemd[Symbol.asyncDispose](),
  }
}
