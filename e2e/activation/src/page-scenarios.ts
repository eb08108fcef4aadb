import { freePort } from '@idle-shutdown/conformance/program'
import { getText } from './get-text.ts'
import { pageConfigs } from './page-configs.ts'
import { must, type Scenario } from './scenario.ts'
import { startUnits } from './supervisor-systemd.ts'
import { Systemd } from './systemd.ts'
import { until } from './until.ts'

/** Tests the programs of the page under its units: they respond, end for lack of use, and respond again. */
export function pageScenarios(): readonly Scenario[] {
  const programs = [...pageConfigs()].filter(([path]) => path.startsWith('/srv/web/server.js'))
  return programs.map(([path, text]) => ({
    name: `the documented ${path.replace('/srv/web/', '')}`,
    missing: Systemd.missing(),
    run: async () => {
      must(text.includes("'15m'"), 'it has another patience')
      const port = await freePort()
      const units = ['web.socket', 'web.service']
      await using systemd = await startUnits(text.replace("'15m'", "'200ms'"), units, { port })
      const isInactive = async (): Promise<boolean> =>
        (await systemd.property('web.service', 'ActiveState')) === 'inactive'
      for (let time = 0; time < 2; time++) {
        const body = await getText(port)
        must(body === 'Hello', `it answered ${body}`)
        await until(isInactive, () => systemd.output + systemd.log)
        must((await systemd.property('web.service', 'Result')) === 'success', systemd.output + systemd.log)
      }
      return undefined
    },
  }))
}
