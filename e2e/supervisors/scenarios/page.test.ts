import { freePort, getText, until } from '@idle-shutdown/testing'
import { expect, test } from 'vitest'
import { pageConfigs } from '../src/page-configs.ts'
import { startUnits } from '../src/supervisor-systemd.ts'
import { Systemd } from '../src/systemd.ts'

const programs = [...pageConfigs()].filter(([path]) => path.startsWith('/srv/web/server.js'))

// The programs of the page under its units: they respond, end for lack of use, and respond again.
for (const [path, text] of programs) {
  test(`the documented ${path.replace('/srv/web/', '')}`, async ({ skip }) => {
    const missing = Systemd.missing()
    skip(missing !== undefined, missing)
    expect(text).toContain("'15m'")
    const port = await freePort()
    const units = ['web.socket', 'web.service']
    await using systemd = await startUnits(text.replace("'15m'", "'200ms'"), units, { port })
    const isInactive = async (): Promise<boolean> =>
      (await systemd.property('web.service', 'ActiveState')) === 'inactive'
    for (let time = 0; time < 2; time++) {
      expect(await getText(port)).toBe('Hello')
      await until(isInactive, () => systemd.output + systemd.log)
      expect(await systemd.property('web.service', 'Result'), systemd.output + systemd.log).toBe('success')
    }
  })
}
